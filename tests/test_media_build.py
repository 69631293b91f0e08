"""A release with a feed and a page: one thing for what is curated too, candidates apart."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from kg import build, ledger, sources
from kg.iri import BASE
from kg.query.local import open_store
from kg.report import violations
from kg.settings import Settings

SAMPLES = Path(__file__).parent / "sources"
TABLES = {
    "sources": """key,url,title,publisher,published,read,license,note_fr,note_en
page,https://www.example.org/page,Une page,Exemple,2022-05-11,2026-11-23,,,
""",
    "organizations": """key,source,nature,name_fr,name_en,type,legal_form,family,family_basis,\
founded,dissolved,commune,seat,homepage,note_fr,note_en
avise,page,formal,Avise,,association,,association,curated,,,,,,,
""",
    "podcasts": """key,source,nature,title,lang,part_of,start,episodes,host_platform,\
homepage,note_fr,note_en
ville,page,series,La ville,fr,,,,,,,
""",
    "episodes": """key,source,podcast,number,title,lang,subject_fr,subject_en,published,duration,\
homepage,note_fr,note_en
ville-1,page,ville,1,Avec l’Avise,fr,,,2022-05-11,,https://podcast.example.org/1,,
""",
    "territories": """key,source,level,label_fr,label_en,code,part_of,replaced_by,note_fr,note_en
insee-region-53,page,region,Bretagne,,53,iso-FR,,,
iso-FR,page,country,France,,,,,,
""",
    "identifiers": """kind,key,scheme,value,status,source
podcast,ville,feed,https://podcast.example.org/feed.xml,current,page
""",
}
FEED = """<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>La ville</title>
<language>fr</language><atom:link rel="self" href="https://podcast.example.org/feed.xml"/>
<item><title>Avec l’Avise</title><link>http://podcast.example.org/1/</link><guid>1</guid></item>
<item><title>Sans personne</title><link>https://podcast.example.org/2</link><guid>2</guid></item>
</channel></rss>"""
PAGE = """<html lang="fr"><title>Une page</title><link rel="canonical" href="https://a.example.org/">
<article><p>L’Avise en parle.</article></html>"""


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    tables = folder / "data"
    tables.mkdir()
    for name, content in TABLES.items():
        (tables / f"{name}.csv").write_text(content, encoding="utf-8")
    (folder / "feed.xml").write_text(FEED, encoding="utf-8")
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    curated = replace(sources.load("curated"), expect={})
    what = build.Plan(
        [sources.load("ontology"), curated, sources.load("podcasts"), sources.load("articles")],
        {"curated": tables, "podcasts": folder / "feed.xml", "articles": folder / "page.html"},
    )
    return build.build(Settings(var=folder / "var"), what, "2026-11-23", Console(quiet=True))


@pytest.mark.parametrize("name", ["podcasts", "publications", "articles"])
def test_the_sample_of_a_source_makes_a_release_without_violation(tmp_path, name):
    tables = tmp_path / "data"
    tables.mkdir()
    for table, content in TABLES.items():
        (tables / f"{table}.csv").write_text(content, encoding="utf-8")
    curated = replace(sources.load("curated"), expect={})
    what = build.Plan(
        [sources.load("ontology"), curated, sources.load(name)],
        {"curated": tables, name: SAMPLES / name},
    )
    findings = build.check_only(Settings(var=tmp_path / "var"), what, Console(quiet=True))
    assert [str(each) for each in violations(findings)] == []


def rows(release, query):
    prefixes = f"PREFIX id: <{BASE}id/> PREFIX oa: <http://www.w3.org/ns/oa#> "
    prefixes += f"PREFIX graph: <{BASE}graph/> PREFIX schema: <https://schema.org/> "
    found = open_store(release).query(prefixes + query, use_default_graph_as_union=True)
    return [
        tuple(term.value.removeprefix(f"{BASE}id/") for term in row if term is not None)
        for row in found
    ]


def test_an_episode_that_is_curated_and_in_the_feed_is_one(release):
    episodes = rows(release, "SELECT ?e { ?e a schema:PodcastEpisode } ORDER BY ?e")
    assert len(episodes) == 2
    assert ("episode/ville-1",) in episodes
    assert rows(release, "SELECT ?p { ?p a schema:PodcastSeries }") == [("podcast/ville",)]
    text = (release.folder / ledger.REDIRECTS).read_text(encoding="utf-8")
    new = {line.partition("\t")[2].removeprefix(f"{BASE}id/") for line in text.splitlines()}
    assert {"episode/ville-1", "podcast/ville"} <= new


def test_candidates_are_in_a_graph_of_their_own_with_a_described_source(release):
    found = rows(release, "SELECT DISTINCT ?g { GRAPH ?g { ?m oa:hasBody ?b } }")
    assert found == [(f"{BASE}graph/mentions",)]
    described = rows(
        release,
        "SELECT ?s { graph:mentions <http://www.w3.org/ns/prov#wasDerivedFrom> ?s . "
        "?s <http://purl.org/dc/terms/title> ?t FILTER(LANG(?t) = 'fr') }",
    )
    assert described == [("source/mentions",)]


def test_a_candidate_follows_its_episode_to_the_curated_one_and_says_nothing_of_it(release):
    query = """SELECT DISTINCT ?where ?who { ?m oa:hasBody ?who ;
        oa:hasTarget/oa:hasSource ?where } ORDER BY ?where"""
    (episode, who), (page, also) = rows(release, query)
    assert (episode, who, also) == ("episode/ville-1", "organization/avise", "organization/avise")
    assert page.startswith("publication/page-")
    subjects = rows(release, "SELECT DISTINCT ?s { GRAPH graph:mentions { ?s ?p ?o } }")
    assert all("#" in subject for (subject,) in subjects)


def test_candidates_have_a_dump_of_their_own(release):
    assert (release.folder / "dumps" / "source-mentions.nq.zst").is_file()
