"""Articles: what a saved page says of itself; its text is searched, not repeated."""

from pathlib import Path
from shutil import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from kg.clean import text
from kg.errors import InputError, MissingFile
from kg.iri import hashed, named
from kg.link import decisions
from kg.settings import DATA, Settings
from kg.sources import Inputs, keywords, load
from kg.sources.articles import pages
from kg.sources.articles.importer import check, paths, records, source, triples
from kg.sources.rows import Row, RowError
from kg.vocab import DC, DCTERMS, ESS, OA, RDF, SCHEMA
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "articles"
SEED = Settings.from_environment().shared / "seed" / "article.txt"
needs_seed = pytest.mark.skipif(not SEED.is_file(), reason=f"the seed is not there: {SEED}")
PAGE = hashed("publication", "page", "journal.example.org/2022/podcast")
COPY = hashed("publication", "page", "journal.example.org/2021/copie")


def statements(given, converted):
    inputs = Inputs(paths(given), converted=converted)
    return {triple for row in records(inputs) for triple in triples(row)}


@pytest.fixture(scope="module")
def sample(converted):
    return statements(SAMPLE, converted)


def values(graph, subject, predicate):
    return sorted(o.value for s, p, o in graph if (s, p) == (subject, predicate))


def named_in(graph, thing):
    """Who may be named in a thing, with the field and the words."""
    said = {(s, p): o for s, p, o in graph}
    return {
        (
            o.value.rpartition("/")[2],
            said[said[s, OA.hasTarget], ESS.field].value.rpartition("/")[2],
            said[said[said[s, OA.hasTarget], OA.hasSelector], OA.exact].value,
        )
        for s, p, o in graph
        if p == OA.hasBody and said[said[s, OA.hasTarget], OA.hasSource] == thing
    }


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_nothing_of_a_row_is_left_unread(converted):
    for row in records(Inputs(paths(SAMPLE), converted=converted)):
        list(triples(row))
        assert set(row) <= load("articles").ignored


def test_a_page_says_its_title_date_publisher_and_language_in_its_metadata(sample):
    titles = [o for s, p, o in sample if (s, p) == (PAGE, DCTERMS.title)]
    assert titles == [Literal("Un nouveau podcast", language="fr")]
    assert values(sample, PAGE, DCTERMS.issued) == ["2022-05-11"]
    assert values(sample, PAGE, DC.publisher) == ["Journal de l’exemple"]
    assert values(sample, PAGE, DCTERMS.language) == ["fr"]
    assert values(sample, PAGE, SCHEMA.url) == ["https://journal.example.org/2022/podcast"]
    assert {SCHEMA.NewsArticle.value} < set(values(sample, PAGE, RDF.type))


def test_links_are_those_of_the_articles_own_text(sample):
    assert values(sample, PAGE, DCTERMS.references) == [
        "https://journal.example.org/2022/suite",
        "https://www.example.org/radio",
    ]


def test_names_are_found_in_the_text_and_not_in_what_stands_around_it(sample):
    assert named_in(sample, PAGE) == {
        ("avise", "description", "Avise"),
        ("rtes", "description", "RTES"),
        ("mahel-coppey", "articleBody", "Mahel Coppey"),
        ("rtes", "articleBody", "RTES"),
    }


def test_the_text_of_an_article_is_not_repeated(sample):
    stated = canonical(sample)
    assert "redaction@" not in stated
    assert "revenir" not in stated
    assert max(len(o.value) for _, p, o in sample if p in (OA.prefix, OA.suffix)) <= 32


def test_mentions_are_stated_by_a_source_of_their_own(converted):
    stated = {}
    for row in records(Inputs(paths(SAMPLE), converted=converted)):
        stated.setdefault(source(row), []).extend(triples(row))
    assert set(stated) == {"articles", "mentions"}
    assert {s for s, _, _ in stated["articles"]} == {PAGE, COPY}
    assert not {PAGE, COPY} & {s for s, _, _ in stated["mentions"]}


def test_a_copied_text_has_its_title_before_and_its_text_after_the_date(sample):
    assert values(sample, COPY, DCTERMS.title) == ["Une copie de page"]
    assert values(sample, COPY, DCTERMS.issued) == ["2021-08-01"]
    assert values(sample, COPY, DC.publisher) == ["Journal de l’exemple"]
    assert named_in(sample, COPY) == {
        ("rtes", "articleBody", "RTES"),
        ("avise", "articleBody", "Avise"),
    }


def test_keywords_that_a_copy_ran_together_are_told_apart_if_all_are_known(sample):
    assert values(sample, COPY, SCHEMA.keywords) == [
        "Coopération territoriale",
        "Métropole",
        "Politiques publiques",
    ]
    assert len(values(sample, COPY, DCTERMS.subject)) == 3
    assert keywords.split("Métropole inconnue") == ["Métropole inconnue"]
    assert keywords.split("") == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title>T</title>", ("T", "", "")),
        ("<title>T</title><meta property='og:title' content='O'>", ("O", "", "")),
        (
            '<script type="application/ld+json">[{"@type": ["NewsArticle"], "headline": "J", '
            '"datePublished": "2020-01-02", "publisher": {"name": "P"}}]</script>'
            "<meta property='og:title' content='O'><meta name='dc.date' content='1999'>",
            ("J", "2020-01-02", "P"),
        ),
        ("<meta name='DC.title' content='D'><meta name='date' content='2020'>", ("D", "2020", "")),
        (
            '<script type="application/ld+json">{"@type": "Organization", "name": "N"}</script>',
            ("H", "", ""),
        ),
    ],
)
def test_the_best_metadata_is_taken_and_none_is_guessed(tmp_path, head, expected):
    path = tmp_path / "page.html"
    path.write_text(f"<html><head>{head}</head><body><h1>H</h1><p>Le 3 mai 2019.</body></html>")
    row = pages.page(path)
    title = "H" if expected[0] == "T" else expected[0]  # a heading before the window's title
    assert (row["title"], row["date"], row["publisher"]) == (title, *expected[1:])


def test_a_text_without_a_date_begins_with_its_title(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text("\n  Un titre \n\nLe texte du 3 mai.", encoding="utf-8")
    row = pages.page(path)
    assert (row["title"], row["date"], row["body"]) == (
        "Un titre",
        "",
        "Un titre\nLe texte du 3 mai.",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "windows-1252"])
def test_a_page_is_read_in_the_encoding_that_it_states(tmp_path, encoding):
    path = tmp_path / "page.html"
    path.write_text(f"<meta charset='{encoding}'><title>Été</title>", encoding=encoding)
    assert pages.page(path)["title"] == "Été"


def test_an_address_written_in_another_way_is_the_same_article(tmp_path, converted):
    page = (SAMPLE / "page.html").read_text(encoding="utf-8")
    other = 'href="http://www.journal.example.org/2022/podcast/#haut">'
    page = page.replace('href="https://journal.example.org/2022/podcast">', other, 1)
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    assert PAGE in {s for s, p, _ in statements(tmp_path, converted) if p == DCTERMS.title}


# What is wrong


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.html",
            "<meta charset='utf-8'>\n<title>été</title>".encode("latin-1"),
            "line 2: the file is not UTF-8",
        ),
        ("a.html", b"<meta charset='klingon'>", "'klingon' is not an encoding"),
        ("a.txt", "titre\nété".encode("latin-1"), "line 2: the file is not UTF-8"),
    ],
)
def test_every_page_that_cannot_be_read_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    (tmp_path / f"b{name[1:]}").write_bytes(content)
    copy(SAMPLE / "page.html", tmp_path / "good.html")
    found = [str(error) for error in check(tmp_path)]
    assert len(found) == 2
    assert all(message in each for each in found)


@pytest.mark.parametrize(
    ("content", "column", "problem"),
    [
        ("<p>Rien", "title", "is empty: an article needs a title"),
        ("<title>T</title><meta name='date' content='hier'>", "date", "Invalid isoformat"),
        ("<title>T</title><link rel='canonical' href='javascript:x'>", "address", "is not a web"),
    ],
)
def test_a_page_with_a_wrong_value_is_set_aside(tmp_path, converted, content, column, problem):
    (tmp_path / "page.html").write_text(content)
    (row,) = records(Inputs(paths(tmp_path), converted=converted))
    with pytest.raises(RowError, match=problem) as raised:
        list(triples(row))
    assert raised.value.column == column


@pytest.mark.parametrize("given", [None, "empty", "missing.html"])
def test_without_a_page_one_is_told_how_to_give_it(tmp_path, given):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFile, match="kg build --with articles="):
        paths(tmp_path / given if given else None)
    with pytest.raises(InputError):
        paths(tmp_path / "none")


@given(
    st.sampled_from(["title", "address", "publisher", "keywords", "language"]), st.text().map(text)
)
def test_any_text_gives_readable_statements_or_is_refused(name, value):
    columns = ("title", "description", "date", "publisher", "address", "language", "keywords")
    row = Row({**dict.fromkeys((*columns, "links"), ""), "title": "T", name: value}, Path("x"), 1)
    try:
        produced = list(triples(row))
    except ValueError:
        return
    assert len(list(parse(canonical(produced), format=RdfFormat.N_TRIPLES))) == len(set(produced))


# The seed


@needs_seed
def test_the_seed_is_the_article_that_a_decision_says_it_is(converted):
    graph = statements(SEED, converted)
    (article,) = (s for s, p, o in graph if (p, o) == (RDF.type, SCHEMA.NewsArticle))
    assert values(graph, article, DCTERMS.issued) == ["2022-05-11"]
    (decision,) = (
        each for each in decisions.read(DATA / "links.csv") if each.second == article.value
    )
    assert decision.same
    assert decision.first == named("publication", "avise-actualite-echos-urbains").value


@needs_seed
def test_everyone_whom_the_seed_names_is_a_candidate_and_nobody_else(converted):
    graph = statements(SEED, converted)
    bodies = {o.value.rpartition("/")[2] for _, p, o in graph if p == OA.hasBody}
    known = {"avise", "rtes", "france-urbaine", "ess-france", "emeline-baume", "mahel-coppey"}
    known |= {"jerome-saddier", "nantes-metropole"}
    assert known <= bodies
    assert bodies <= known | {
        "frederic-minard",
        "metropole-de-lyon",
        "metropole-europeenne-de-lille",
        "commission-economie-circulaire-ess-france-urbaine",
        "commission-ess-france-urbaine",
    }
