"""Podcasts: from feeds to series and episodes; what is private stays out."""

import json
import re
from pathlib import Path
from shutil import copy
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from kg.errors import MissingFile
from kg.iri import hashed, mint, part
from kg.settings import Settings
from kg.sources import Inputs, keywords, load
from kg.sources.podcasts import feed
from kg.sources.podcasts.importer import check, paths, records, source, triples
from kg.sources.rows import Row, RowError
from kg.vocab import DC, DCTERMS, ESS, OA, RDF, RDFS, SCHEMA
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "podcasts"
SHARED = Settings.from_environment().shared / "samples" / "podcast"
CORPUS = SHARED / "feeds" / "tests" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no sample feeds in {SHARED}")
GUID = "917393e3-1b1e-5cef-ace4-edaa54e1f810"
SERIES = mint("podcast", "guid", GUID)


def item(guid, podcast=GUID):
    return hashed("episode", "item", guid, UUID(podcast))


FIRST, SECOND = item("ville-0001"), item("https://podcast.example.org/ville/2")
THIRD = item("https://podcast.example.org/ville/3")


def statements(given, converted):
    inputs = Inputs(paths(given), converted=converted)
    return {triple for row in records(inputs) for triple in triples(row)}


@pytest.fixture(scope="module")
def sample(converted):
    return statements(SAMPLE, converted)


def values(graph, subject, predicate):
    return sorted(o.value for s, p, o in graph if (s, p) == (subject, predicate))


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_no_element_of_the_sample_is_left_unread(converted):
    own = load("podcasts")
    for row in records(Inputs(paths(SAMPLE), converted=converted)):
        list(triples(row))
        assert not set(row) - own.ignored, f"{row.file}, line {row.line}"


def test_candidate_mentions_have_a_source_of_their_own(converted):
    stated = {}
    for row in records(Inputs(paths(SAMPLE), converted=converted)):
        by = source(row)
        stated.setdefault(by, set()).update(triples(row))
    assert set(stated) == {"podcasts", "mentions"}
    annotations = {s for s, p, o in stated["mentions"] if (p, o) == (RDF.type, OA.Annotation)}
    assert annotations
    assert not {p for _, p, _ in stated["podcasts"]} & {OA.hasBody, ESS.mentionStatus}
    assert not any(s in (SERIES, FIRST) for s, _, _ in stated["mentions"])


def test_names_in_titles_descriptions_and_credits_are_candidates(sample):
    bodies = {o.value.rpartition("/")[2] for _, p, o in sample if p == OA.hasBody}
    assert bodies == {"avise", "rtes", "mahel-coppey", "jerome-saddier"}
    fields = {o for _, p, o in sample if p == ESS.field}
    assert fields == {DCTERMS.title, DCTERMS.description, ESS.creditedName}


def test_a_position_is_counted_in_the_text_as_it_is_published(sample):
    for place, start in {(s, o) for s, p, o in sample if p == OA.start}:
        (passage,) = (s for s, p, o in sample if (p, o) == (OA.hasSelector, place))
        (field,) = (o for s, p, o in sample if (s, p) == (passage, ESS.field))
        (thing,) = (o for s, p, o in sample if (s, p) == (passage, OA.hasSource))
        (text,) = values(sample, thing, field)
        (exact,) = values(sample, place, OA.exact)
        assert text[int(start.value) :].startswith(exact)


def test_no_address_number_or_owner_is_published(sample):
    text = canonical(sample)
    for private in ("@", "01 23", "Privée", "redaction", "webmaster", "resa"):
        assert private not in re.sub(r'"@[a-z]+ \.|"@[a-z]+$', '"', re.sub(r'"@\w+', '"', text))
    assert values(sample, SERIES, DC.creator) == ["Radio Exemple"]
    assert values(sample, SERIES, DCTERMS.description) == [
        "Des villes & des métropoles. Écrire à … ou au …."
    ]


def test_an_episode_has_its_day_duration_number_and_season(sample):
    assert values(sample, FIRST, SCHEMA.datePublished) == ["2022-05-11"]
    assert values(sample, FIRST, SCHEMA.duration) == ["PT1H2M3S"]
    assert values(sample, FIRST, SCHEMA.episodeNumber) == ["7"]
    season = part(SERIES, "season-2")
    assert values(sample, FIRST, SCHEMA.partOfSeason) == [season.value]
    assert values(sample, season, DCTERMS.title) == ["La ville et l’ESS"]
    assert values(sample, part(SERIES, "season-3"), DCTERMS.title) == ["Saison 3", "Season 3"]


def test_a_recording_has_type_size_and_format_where_they_are_told(sample):
    first, second, third = (part(each, "audio-1") for each in (FIRST, SECOND, THIRD))
    assert values(sample, first, SCHEMA.contentSize) == ["12345678"]
    assert values(sample, second, SCHEMA.contentSize) == []  # nought is not a size
    assert values(sample, second, RDF.type) == [SCHEMA.VideoObject.value]
    assert values(sample, second, SCHEMA.encodingFormat) == ["video/mp4"]
    assert values(sample, third, SCHEMA.encodingFormat) == []  # "mp3" is no media type


def test_chapters_of_the_feed_are_clips_and_a_file_of_chapters_is_a_file(sample):
    assert values(sample, FIRST, ESS.chapters) == [f"{FIRST.value}#chapters"]
    starts = [values(sample, part(FIRST, f"chapter-{n}"), SCHEMA.startOffset) for n in (1, 2)]
    assert starts == [["0"], ["3723"]]


def roles(graph, episode):
    credits = {o for s, p, o in graph if (s, p) == (episode, ESS.credit)}
    return {
        (*values(graph, each, ESS.creditedName), *values(graph, each, SCHEMA.roleName))
        for each in credits
    }


def test_the_persons_of_an_item_replace_those_of_the_channel_and_without_role_one_hosts(sample):
    assert roles(sample, SERIES) == {("Camille Exemple", "host")}
    assert roles(sample, FIRST) == {
        ("Jérôme Saddier", "guest"),
        ("Claude Exemple", "cover art designer"),
    }
    assert roles(sample, SECOND) == {("Camille Exemple", "host")}


def test_a_credit_is_no_person(sample):
    assert not any("/id/person/" in s.value for s, _, _ in sample)
    assert not any(p in (ESS.guest, ESS.host, DCTERMS.creator) for _, p, _ in sample)


def test_a_page_that_items_share_is_not_the_page_of_one(sample):
    assert values(sample, FIRST, SCHEMA.url) == ["https://podcast.example.org/ville/1"]
    assert values(sample, SECOND, SCHEMA.url) == []


def test_an_item_without_title_is_named_by_its_description(sample):
    assert values(sample, THIRD, DCTERMS.title) == []
    assert values(sample, THIRD, ESS.statedSubject) == ["Un épisode sans titre."]
    assert values(sample, THIRD, RDFS.label) == ["Un épisode sans titre."]
    assert values(sample, THIRD, SCHEMA.duration) == []


def test_keywords_lead_to_themes_and_territories_that_the_table_names(sample):
    assert set(values(sample, SERIES, SCHEMA.keywords)) >= {"Métropole", "Documentary", "quartier"}
    assert [each.rpartition("/")[2] for each in values(sample, SERIES, DCTERMS.subject)] == [
        "metropolis"
    ]
    assert [each.rpartition("/")[2] for each in values(sample, SERIES, DCTERMS.spatial)] == [
        "insee-region-53"
    ]


def test_an_old_feed_is_read_with_its_encoding_and_prefixes_that_it_does_not_declare(sample):
    podcast = str(uuid5(feed.PODCASTS, "podcast.example.net/ecoles"))
    series = mint("podcast", "guid", podcast)
    (title,) = (o for s, p, o in sample if (s, p) == (series, DCTERMS.title))
    assert title == Literal("Écoles d'été", language="und")
    assert values(sample, series, DCTERMS.language) == []
    episode = item("http://podcast.example.net/ecoles/1.mp3", podcast)
    assert values(sample, episode, SCHEMA.duration) == ["PT1H2M3S"]
    assert roles(sample, episode) == {("Dominique Exemple", "host")}


# Identity


def channel(**said):
    return Row(said, Path("feed.xml"), 1)


def link(href, rel="self"):
    return json.dumps([{"href": href, "rel": rel}])


def test_a_guid_is_the_feeds_own_or_made_from_its_address_without_scheme_and_final_slash():
    # The example of the specification: the feed of the Podcasting 2.0 podcast.
    assert feed.guid(
        channel(**{"atom:link": link("https://mp3s.nashownotes.com/pc20rss.xml")})
    ) == ("917393e3-1b1e-5cef-ace4-edaa54e1f810")
    for address in ("http://a.example.org/feed/", "https://a.example.org/feed"):
        assert feed.guid(channel(**{"itunes:new-feed-url": address})) == str(
            uuid5(feed.PODCASTS, "a.example.org/feed")
        )
    assert feed.guid(channel(**{"podcast:guid": GUID.upper(), "link": "https://x.org"})) == GUID
    assert feed.guid(channel(**{"podcast:guid": "n0-gu1d"})) == str(uuid5(feed.PODCASTS, "n0-gu1d"))


def test_a_feed_that_moves_keeps_its_guid_and_its_items_their_iris(tmp_path, converted):
    text = (SAMPLE / "full.xml").read_text(encoding="utf-8")
    (tmp_path / "moved.xml").write_text(
        text.replace("https://podcast.example.org/ville/feed.xml", "https://new.example.org/"),
        encoding="utf-8",
    )
    moved = {s for s, p, _ in statements(tmp_path, converted) if p == SCHEMA.partOfSeries}
    assert FIRST in moved


# What is wrong


def broken(tmp_path, find, replacement):
    text = (SAMPLE / "full.xml").read_text(encoding="utf-8")
    assert find in text
    path = tmp_path / "broken.xml"
    path.write_text(text.replace(find, replacement, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("find", "replacement", "column", "problem"),
    [
        ("Wed, 11 May 2022 23:30:00 +0200", "hier", "pubDate", "is not a date"),
        ("1:02:03<", "une heure<", "itunes:duration", "is not a duration"),
        ('length="12345678"', 'length="12 Mo"', "enclosure", "is not a whole number"),
        ("https://podcast.example.org/ville/1.mp3", "ftp://a/1.mp3", "enclosure", "is not a web"),
        ("<podcast:episode>7", "<podcast:episode>sept", "itunes:episode", "is not a number"),
        (">2</podcast:season>", ">deux</podcast:season>", "itunes:season", "is not a number"),
        ("https://podcast.example.org/ville/1<", "javascript:alert(1)<", "link", "is not a web"),
        ("01:02:03.400", "fin", "psc:chapters", "is not a duration"),
        ("https://podcast.example.org/ville/3</guid>", "ville-0001</guid>", "guid", "stands twice"),
    ],
)
def test_an_item_with_a_wrong_value_is_set_aside_with_its_line_and_element(
    tmp_path, converted, find, replacement, column, problem
):
    path = broken(tmp_path, find, replacement)
    wrong = []
    for row in records(Inputs([path], converted=converted)):
        try:
            list(triples(row))
        except RowError as error:
            wrong.append((error.column, error.problem, row.line))
    ((found, said, line),) = wrong
    assert (found, said[: len(problem)]) == (column, problem)
    assert path.read_text(encoding="utf-8").splitlines()[line - 1].strip() == "<item>"


def test_an_item_that_nothing_makes_known_is_set_aside(tmp_path, converted):
    path = tmp_path / "feed.xml"
    path.write_text("<rss><channel><title>T</title><item/></channel></rss>")
    _, row = records(Inputs([path], converted=converted))
    with pytest.raises(RowError, match="nothing else makes the item known"):
        list(triples(row))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<feed xmlns='http://www.w3.org/2005/Atom'/>", "is not an RSS feed: its root is <feed>"),
        ("<rss/>", "is not an RSS feed"),
        ("<rss>\n<channel><item/></channel></rss>", "line 2: the channel has no title"),
        ("<rss>\n<channel></rss>", "line 2: the XML cannot be read"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "declares XML entities"),
    ],
)
def test_every_file_that_is_no_feed_is_named(tmp_path, content, message):
    for name in ("one.xml", "two.rss"):
        (tmp_path / name).write_text(content)
    copy(SAMPLE / "full.xml", tmp_path)
    found = [str(error) for error in check(tmp_path)]
    assert len(found) == 2
    assert "one.xml" in found[0] and "two.rss" in found[1]
    assert all(message in each for each in found)


@pytest.mark.parametrize("given", [None, "empty", "missing.xml"])
def test_without_a_feed_one_is_told_how_to_give_it(tmp_path, given):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFile, match="kg build --with podcasts="):
        paths(tmp_path / given if given else None)


def test_a_folder_is_read_in_the_order_of_its_names_with_the_table_of_keywords():
    assert [path.name for path in paths(SAMPLE)] == ["full.xml", "old.xml", keywords.TABLE.name]


XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")))


@given(XML_TEXT, XML_TEXT, st.sampled_from(["title", "description", "itunes:author", "pubDate"]))
def test_any_text_gives_readable_statements_or_is_refused(tmp_path_factory, one, other, name):
    row = Row(
        {
            "table": "episode",
            "podcast": GUID,
            "key": other,
            "repeats": "",
            "own_link": "",
            "title": "Titre",
            name: one,
        },
        Path("feed.xml"),
        3,
    )
    try:
        produced = list(triples(row))
    except ValueError:
        return
    text = canonical(produced)
    assert len(list(parse(text, format=RdfFormat.N_TRIPLES))) == len(set(produced))
    assert not re.search(r"[\w.]@[\w-]+\.[a-z]", text)


# Real feeds


@needs_shared
def test_the_example_of_the_podcast_namespace_is_read_whole(converted):
    path = SHARED / "example.xml"
    rows = list(records(Inputs([path], converted=converted)))
    graph = {triple for row in rows for triple in triples(row)}
    assert [row.line > 1 for row in rows] == [True] * 4
    unread = {name for row in rows for name in row} - load("podcasts").ignored
    assert unread == set()
    episodes = {s for s, p, o in graph if o == SCHEMA.PodcastEpisode}
    assert len(episodes) == 3
    credits = {roles(graph, each) and frozenset(roles(graph, each)) for each in episodes}
    assert all(("Adam Curry", "host") in each for each in credits)
    assert len([o for _, p, o in graph if p == ESS.transcript]) == 4
    assert "example.com>" not in " ".join(o.value for _, p, o in graph if p == DC.creator)
    assert {o.value for _, p, o in graph if p == DC.creator} == {"John Doe"}


# Feeds of which that reader makes up something, by the element that we miss or cannot read.
REFUSED = {
    "title": {"no_guid", "no_title", "no_title_multi_enclosure"},
    "guid": {"no_url"},
    "itunes:episode": {"episode_number_invalid"},
    "enclosure": {"no_enclosure", "relative"},
}


def corpus():
    """The feeds of podcastparser's own tests that are RSS, with what it makes of them."""
    for path in sorted(CORPUS.glob("*.rss")):
        told = path.with_suffix(".json")
        if told.is_file() and "<channel" in path.read_text(encoding="utf-8"):
            yield pytest.param(path, told, id=path.stem)


@needs_shared
@pytest.mark.parametrize(("path", "told"), list(corpus()))
def test_the_feeds_of_another_reader_are_read_as_it_reads_them(path, told, tmp_path):
    # Most of these feeds have no title, which RSS demands: they are given one.
    text = path.read_text(encoding="utf-8")
    head, opening, rest = text.partition("<channel>")
    text = f"{head}{opening}<title>T</title>{rest}"
    (tmp_path / "feed.xml").write_text(text, encoding="utf-8")
    _, *items = feed.rows(tmp_path / "feed.xml")
    expected = json.loads(told.read_text(encoding="utf-8"))
    by_guid = {each["guid"]: each for each in expected["episodes"]}
    read = {}
    for row in items:
        try:
            graph = {(p, o) for s, p, o in triples(row) if "#" not in s.value}
        except RowError as error:
            assert path.stem in REFUSED[error.column], error
            continue
        guids = [o.value for p, o in graph if p == SCHEMA.identifier]
        if guids and guids[0] in by_guid:
            read[guids[0]] = graph
    for guid, graph in read.items():
        other = by_guid[guid]
        if other.get("total_time"):
            assert any(p == SCHEMA.duration for p, _ in graph)
        if other.get("number"):
            assert (SCHEMA.episodeNumber, Literal(str(other["number"]))) in graph
        files = [o for p, o in graph if p == SCHEMA.associatedMedia]
        assert files or not other.get("enclosures") or path.stem == "mediarss"  # not read
        titles = [o.value for p, o in graph if p == DCTERMS.title]
        assert titles == [" ".join(other["title"].split())] or other["title"] in {"", guid}
