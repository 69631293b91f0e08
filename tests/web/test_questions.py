"""The competency questions as pages and as an API."""

import pytest

from kg.web import tables
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


def told(app, lang, *rows):
    """The cells of an answer as a page shows them."""
    tsv = "\n".join(["\t".join(row) for row in rows]) + "\n"
    with app.test_request_context(f"/?lang={lang}"):
        table = tables.of_question(tables.stored(tsv.encode(), 10))
        assert len(table.names) == len(table.rows[0])
        return [(cell.text, cell.number) for cell in table.rows[0]]


def test_numbers_and_dates_are_written_as_people_do_and_years_and_codes_are_left(app):
    space = "http://www.w3.org/2001/XMLSchema#"
    names = ("?population", "?per100000", "?year", "?date", "?siren", "?current")
    values = (
        *("1163810", "1234.5", f'"2021"^^<{space}gYear>', f'"2024-06-01"^^<{space}date>'),
        *('"301463253"', "true"),
    )
    french, english = (told(app, lang, names, values) for lang in ("fr", "en"))
    assert english == [
        *(("1,163,810", True), ("1,234.5", True), ("2021", False), ("1 June 2024", False)),
        *(("301463253", False), ("yes", False)),
    ]
    assert french[0] == ("1\u202f163\u202f810", True) and french[3][0] == "1ᵉʳ juin 2024"


def test_properties_and_things_go_by_their_names(app):
    names = ("?property", "?entity", "?person", "?source", "?sourceTitle", "?value")
    values = (
        *("<https://schema.org/foundingDate>", f"<{BASE}id/organization/ville>"),
        *(f"<{BASE}id/person/ada#mandate>", f"<{BASE}id/source/a>", '"Page A"@fr'),
        "<https://elsewhere.example/thing>",
    )
    assert [text for text, _ in told(app, "fr", names, values)] == [
        *("création", "Ville", "Ada Exemple #mandate", "Page A"),
        "https://elsewhere.example/thing",
    ]


def test_a_column_goes_by_its_heading_in_what_a_question_tells(client):
    for lang, told in {"fr": "« En cours » est « non »", "en": "“Current” is “no”"}.items():
        text = client.get(f"/questions/members-of-a-network?lang={lang}").text
        assert told in text.replace("\u00a0", " ") and "`" not in text.partition("<form")[0]
