"""What the page of a kind shows first, in both languages."""

import html
import re

import pytest

from kg.web import bundle
from tests.web.conftest import BASE, assert_page

BOTH = pytest.mark.parametrize("lang", ["fr", "en"])


def page(client, path, lang="fr"):
    response = client.get(f"/doc/{path}.html?lang={lang}")
    assert_page(response)
    return response.text


def section(text, name):
    """The section under the heading with this id, as words."""
    found = re.search(rf'<section[^>]*aria-labelledby="{name}">(.*?)</section>', text, re.DOTALL)
    assert found, f"there is no section {name}"
    return found[1]


@BOTH
def test_who_speaks_in_an_episode_stands_with_the_capacity_and_the_role_held_then(client, lang):
    guests = section(page(client, "episode/one", lang), "guests")
    assert '<li class="card" id="appearance-ada">' in guests
    assert '<a href="/doc/person/ada">Ada Exemple</a>' in guests
    assert "présidente du Réseau" in guests
    assert 'href="/doc/person/ada#presidency"' in guests
    assert {"fr": "Au titre de :", "en": "By virtue of:"}[lang] in guests
    # Both sources' dates of the role, which is Ada's and not the episode's.
    since = {"fr": "début : 2019 ou mars 2021", "en": "start: 2019 or March 2021"}[lang]
    assert f'<span class="more">{since}</span>' in guests


@BOTH
def test_an_episode_leads_to_the_study_it_draws_on_and_says_what_no_source_says(client, lang):
    text = page(client, "episode/one", lang)
    study = section(text, "drawn-from")
    assert f'<a href="/doc/publication/study">{ {"fr": "Étude", "en": "Study"}[lang] }</a>' in study
    words = {
        "fr": "Aucune source lue ne dit le jour de sa mise en ligne, sa durée.",
        "en": "No source that was read says the day it was published, how long it is.",
    }
    assert f'<p class="gap">{words[lang]}</p>' in text
    other = page(client, "episode/two", lang)
    assert {"fr": "son titre, où l’écouter, qui y parle", "en": "its title, where to hear it"}[
        lang
    ] in other


@BOTH
def test_a_credit_is_a_name_in_a_role_and_on_what_basis(client, lang):
    credit = section(page(client, "episode/one", lang), "credits")
    assert {"fr": "présentation", "en": "host"}[lang] in credit
    assert '<span class="who">Claude Nom</span>' in credit
    assert {"fr": "convention du format", "en": "convention of the format"}[lang] in credit


@BOTH
def test_a_mention_is_told_as_no_fact_with_its_passage(client, lang):
    text = section(page(client, "episode/one", lang), "mentions")
    assert {"fr": "Ce ne sont pas des faits", "en": "They are not facts"}[lang] in text
    assert "&lt;b&gt;la <mark>Ville&lt;/script&gt;</mark> en fête" in text
    assert 'href="/doc/organization/ville"' in text


@BOTH
def test_episodes_stand_in_order_with_number_date_and_duration(client, lang):
    text = section(page(client, "podcast/serie", lang), "episodes")
    assert re.findall(r'<span class="number">(\d)</span>', text) == ["2", "1"]
    day = {"fr": "11 mai 2022", "en": "11 May 2022"}[lang]
    assert f'<p class="more">{day} · 20 min</p>' in text
    assert section(page(client, "podcast/serie", lang), "drawn-from")


@BOTH
def test_who_made_a_publication_is_told_by_role_and_a_supervisor_is_no_author(client, lang):
    text = page(client, "publication/study", lang)
    rows = re.findall(r"<dt>(.*?)</dt>(.*?)</div>\n", section(text, "makers"), re.DOTALL)
    made = {re.sub("<.*?>", "", role): people for role, people in rows}
    authors, supervision = {
        "fr": ("Autrices et auteurs", "direction"),
        "en": ("Authors", "supervision"),
    }[lang]
    assert "Ada Exemple" in made[authors] and "Camille Nom" in made[authors]
    assert "Dominique Nom" in made[supervision] and "Dominique" not in made[authors]
    assert 'id="credits"' not in text


@BOTH
def test_a_publication_says_where_to_read_it_and_which_editions_it_has(client, lang):
    text = page(client, "publication/study", lang)
    verb = {"fr": "Lire sur", "en": "Read it on"}[lang]
    assert f'href="https://etude.example/texte" rel="external">{verb} etude.example</a>' in text
    assert 'href="javascript' not in text
    editions = section(text, "editions")
    assert editions.index('id="edition-fr"') < editions.index('id="edition-en"')
    assert f"{verb} study.example" in editions
    assert {"fr": "français · novembre 2021", "en": "French · November 2021"}[lang] in editions
    assert '<a href="/doc/theme/metropolis">' in section(text, "themes")


@BOTH
def test_a_person_begins_with_roles_and_says_as_what_they_spoke(client, lang):
    text = page(client, "person/ada", lang)
    assert text.index('id="roles"') < text.index('id="heard"') < text.index('id="g1"')
    heard = section(text, "heard")
    assert 'href="/doc/episode/one#appearance-ada"' in heard and "présidente du Réseau" in heard
    assert {"fr": "date inconnue", "en": "date unknown"}[lang] in heard


@BOTH
def test_an_event_begins_with_when_where_and_by_whom(client, lang):
    text = page(client, "event/fair", lang)
    when = {"fr": "1ᵉʳ mai 2024 – 3 mai 2024", "en": "1 May 2024 – 3 May 2024"}[lang]
    assert f"<dd>{when}</dd>" in text
    assert "Halle &lt;1&gt;" in text
    assert (
        'href="/doc/organization/reseau"'
        in text.split('class="key-facts k-event"')[1].split("</dl>")[0]
    )


@BOTH
def test_a_territory_shows_what_the_observations_count_and_draws_its_years(client, lang):
    text = section(page(client, "territory/insee-region-52", lang), "observed")
    assert (
        re.findall(r"<b>(\d+)</b> ([^<]+)", text)
        == {
            "fr": [("120", "organisations de l’ESS"), ("1", "employeuse")],
            "en": [("120", "organisations of the ESS"), ("1", "with employees")],
        }[lang]
    )
    assert {"fr": ">coopérative</a></th>", "en": ">cooperative</a></th>"}[lang] in text
    assert 'href="/browse/organization?family=cooperative&amp;region=insee-region-52"' in text
    rows = re.findall(
        r'<th scope="row">(\d{4})</th><td class="n">(\d)</td><td class="n">(\d)</td>', text
    )
    assert rows == [("2003", "3", "6"), ("1998", "9", "0")]
    assert text.count("<rect") == 3 + 2, "two years with creations, one with closures, the legend"
    assert "7777" not in text and "7,777" not in text and "7 777" not in text
    cube = {"fr": "Organisations par territoire", "en": "Organisations by territory"}[lang]
    assert f'<a href="/doc/cube/territory">{cube}</a>' in text


def test_the_rdf_of_a_territory_has_no_observations_of_it(client):
    assert "organizationCount" not in client.get("/doc/territory/insee-region-52.nt").text


@BOTH
def test_a_page_gives_its_citation_and_plain_links_to_share_it(client, lang):
    text = page(client, "publication/study", lang)
    study = {"fr": "Étude", "en": "Study"}[lang]
    assert f'<p class="cite">Ada Exemple, Camille Nom. {study}. ' in text
    assert "https://etude.example/texte</p>" in text
    share = section(text, "share")
    address = "http%3A%2F%2Flocalhost%2Fdoc%2Fpublication%2Fstudy.html"
    assert (
        f"mailto:?subject={ {'fr': '%C3%89tude', 'en': 'Study'}[lang] }&amp;body={address}" in share
    )
    assert f"https://www.linkedin.com/sharing/share-offsite/?url={address}" in share


def test_every_kind_has_a_picture_for_links_elsewhere(client):
    for path, kind in {"person/ada": "person", "organization/reseau": "organization"}.items():
        found = re.search(
            r'<meta property="og:image" content="http://localhost(.*?)">', page(client, path)
        )
        if not bundle.manifest():
            pytest.skip("there is no front-end bundle: run 'make bundle'")
        assert found and found[1].startswith(f"/static/bundle/{kind}-")
        picture = client.get(found[1])
        assert (picture.status_code, picture.mimetype) == (200, "image/png")
        assert picture.data[:8] == b"\x89PNG\r\n\x1a\n"


@BOTH
def test_the_seat_of_an_organisation_is_drawn_on_the_map_of_france(client, lang):
    if not bundle.manifest():
        pytest.skip("there is no front-end bundle: run 'make bundle'")
    seat = section(page(client, "organization/reseau", lang), "place")
    assert seat.count('class="here"') == 1
    assert 'role="img" aria-label="Loire-Atlantique"' in seat


@BOTH
def test_an_establishment_begins_with_whose_it_is_and_whether_it_is_open(client, lang):
    text = page(client, "establishment/siret-1", lang)
    (told,) = re.findall(r'<dl class="key-facts k-establishment">.*?</dl>', text, re.DOTALL)
    assert f"<dt>{ {'fr': 'Siège de', 'en': 'Seat of'}[lang] }</dt>" in told
    assert '<a href="/doc/organization/atelier">' in told
    assert {"fr": "2004 – 31 décembre 2021", "en": "2004 – 31 December 2021"}[lang] in told
    assert text.index('id="points"') > text.index("key-facts")
    assert "data-latitude" in text


@BOTH
def test_a_scheme_is_a_tree_of_its_concepts(client, lang):
    tree = section(page(client, "scheme/theme", lang), "concepts")
    assert '<span class="count">3</span>' in tree
    outer, _, inner = tree.partition("<details open>")
    assert 'href="/doc/theme/metropolis"' in outer
    assert '<span class="count">1.1</span> <a href="/doc/theme/suburb">' in inner
    # Our own keys are no codes.
    assert "metropolis</span>" not in tree
    # One that is above itself is there once.
    assert tree.count('href="/doc/theme/lost"') == 1


def test_a_scheme_with_too_many_concepts_is_listed_page_by_page(client, monkeypatch):
    monkeypatch.setattr("kg.web.thing.scheme.MOST", 2)
    text = page(client, "scheme/theme", "fr")
    assert 'id="concepts"' not in text and 'href="/doc/theme/suburb"' in text


@BOTH
def test_a_cube_says_what_it_counts_by_what_and_leads_to_its_figures(client, lang):
    text = page(client, "cube/territory", lang)
    (told,) = re.findall(r'<dl class="key-facts k-cube">.*?</dl>', text, re.DOTALL)
    assert {"fr": "territoire", "en": "territory"}[lang] in told
    assert {"fr": "organisations", "en": "organisations"}[lang] in told
    figures = re.search(r'href="(/sparql[^"]*format=csv)"', text)
    rows = client.get(html.unescape(figures[1])).text.split()
    assert rows[0] == "refArea,organizationCount"
    assert rows[1:] == [f"{BASE}id/territory/insee-region-52,120"]
