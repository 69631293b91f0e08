"""The competency questions as pages and as an API."""

import pytest

from tests.web.conftest import BASE, assert_canonical_error, assert_page

NAMES = "/questions/names-of-an-organization"
PRESIDENTS = "/questions/presidents-of-an-organization"


def test_all_questions_are_listed_in_the_language_of_the_page(client):
    assert "Qui a présidé une organisation" in client.get("/questions").text
    assert "Who has presided over an organisation" in client.get("/questions?lang=en").text


@pytest.mark.parametrize("value", ["ville", "Ville", f"{BASE}id/organization/ville"])
def test_a_question_is_asked_of_the_thing_that_is_named(client, value):
    response = client.get(NAMES, query_string={"organization": value})
    assert_page(response)
    assert 'value="Ville"' in response.text


def test_the_value_is_bound_in_place_of_the_example(client):
    answer = client.get(f"{NAMES}.csv", query_string={"organization": "réseau"})
    assert answer.content_type.startswith("text/csv")
    assert "Page A" in answer.text or "Réseau" in answer.text
    assert client.get(f"{NAMES}.csv").text.count("\n") <= 1


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_the_whole_answer_comes_in_the_forms_of_sparql_results(client, form):
    response = client.get(f"{PRESIDENTS}.{form}")
    assert response.status_code == 200
    assert response.content_length == len(response.data)


@pytest.mark.parametrize("path", ["/questions/nothing", f"{NAMES}.exe", "/questions/nothing.csv"])
def test_what_is_not_asked_is_404(client, path):
    assert_canonical_error(client.get(path), 404)


def test_an_unknown_name_is_said_so(client):
    response = client.get(NAMES, query_string={"organization": "zzz } DROP"})
    assert_canonical_error(response, 400)


def test_columns_are_named_in_the_language_of_the_page(client):
    for lang, heading in {"fr": "Nom", "en": "Name"}.items():
        text = client.get(f"{NAMES}?organization=réseau&lang={lang}").text
        assert f'<th scope="col">{heading}</th>' in text
