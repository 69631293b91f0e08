"""The curated core: from tables to statements, and what is said about bad ones."""

import csv
import re
from collections import Counter
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, Triple, parse

from kg.errors import InputError, MissingColumn, MissingFile
from kg.iri import named, part
from kg.settings import DATA, ROOT, Settings
from kg.sources import Inputs, load
from kg.sources.concepts import concepts
from kg.sources.curated import importer, works
from kg.sources.curated.importer import check, paths, records, source, triples
from kg.sources.curated.tables import TABLES
from kg.sources.rows import Row, RowError, read_csv
from kg.vocab import DCTERMS, ESS, FOAF, ORG, RDF, SCHEMA
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "curated"
FACTS = Settings.from_environment().shared / "facts"
needs_facts = pytest.mark.skipif(not FACTS.is_dir(), reason=f"the facts are not there: {FACTS}")
UNDESCRIBED = (("echos-urbains-serie-ess", "3"),)  # announced, not described


def statements(folder):
    return {triple for row in records(Inputs(paths(folder))) for triple in triples(row)}


def objects(graph, subject, predicate):
    return {o for s, p, o in graph if s == subject and p == predicate}


def values(graph, subject, predicate):
    return sorted(o.value for o in objects(graph, subject, predicate))


@pytest.fixture(scope="module")
def sample():
    return statements(SAMPLE)


@pytest.fixture(scope="module")
def data():
    return statements(None)


@pytest.fixture
def tables(tmp_path):
    """A copy of the sample with one cell changed; the problems found there, as text."""
    folder = copytree(SAMPLE, tmp_path / "data")

    def change(table, line, column, value):
        path = folder / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        rows[line - 1][rows[0].index(column)] = value
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        return [str(error).removeprefix(f"{folder}/") for error in check(folder)]

    change.folder = folder
    return change


def line_of(table, **cells):
    """The line of the first sample row with these cells."""
    for row in read_csv(SAMPLE / f"{table}.csv"):
        if all(row[column] == value for column, value in cells.items()):
            return row.line
    raise AssertionError(f"no row of {table}.csv with {cells}")


# What the sample says


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_nothing_is_wrong_with_the_sample():
    assert check(SAMPLE) == []


def test_every_table_has_rows_in_the_sample():
    assert {path.stem for path in SAMPLE.glob("*.csv")} == set(TABLES)
    assert all(list(read_csv(path)) for path in SAMPLE.glob("*.csv"))


def test_every_cell_is_used():
    for row in records(Inputs(paths(SAMPLE))):
        list(triples(row))
        assert set(row) <= importer.IGNORED, f"{row.file}: nobody used {sorted(row)}"


def test_a_row_is_stated_by_its_source():
    stated = {row.file.name: source(row) for row in records(Inputs(paths(SAMPLE)))}
    assert stated["sources.csv"] == "curated"
    assert stated["based_on.csv"] == "avise-podcast-echos-urbains"
    assert stated["epcicom-2025.ttl"] == "epcicom-2025"


def test_links_make_no_statements():
    assert "links" not in {row.file.stem for row in records(Inputs(paths(SAMPLE)))}


def test_what_is_known_on_a_date_is_attested_and_never_a_start(sample):
    held = part(named("person", "mahel-coppey"), "presidency-rtes")
    assert values(sample, held, ESS.attestedOn) == ["2020", "2022-05-11"]
    assert objects(sample, held, SCHEMA.startDate) == set()


def test_names_of_people_have_no_language_and_those_of_organisations_do(sample):
    person = objects(sample, named("person", "jerome-saddier"), FOAF.name)
    assert person == {Literal("Jérôme Saddier")}
    acronym = objects(sample, named("organization", "rtes"), ESS.acronym)
    assert acronym == {Literal("RTES", language="fr")}


def test_a_former_identifier_is_no_string_for_lookup(sample):
    lille = named("organization", "metropole-europeenne-de-lille")
    assert values(sample, lille, ESS.siren) == ["200093201"]
    former = part(lille, "siren-245900410")
    assert values(sample, former, ESS.identifierStatus) == ["former"]


def test_a_guest_appears_through_the_roles_held_then(sample):
    episode = named("episode", "echos-urbains-ess-1")
    guest = named("person", "mahel-coppey")
    appearance = part(episode, "appearance-mahel-coppey")
    assert objects(sample, episode, ESS.appearance) == {appearance}
    assert objects(sample, appearance, ESS.inCapacityOf) == {
        part(guest, "presidency-rtes"),
        part(guest, "vice-presidency-nantes-metropole"),
    }


def test_an_episode_without_title_has_a_subject_and_no_title(sample):
    episode = named("episode", "echos-urbains-sante-mentale")
    assert objects(sample, episode, DCTERMS.title) == set()
    assert len(objects(sample, episode, ESS.statedSubject)) == 2


def test_the_english_edition_is_a_translation_of_the_french_one(sample):
    study = named("publication", "etude-territoires-urbains-ess-is")
    english, french = part(study, "edition-en"), part(study, "edition-fr")
    assert objects(sample, english, SCHEMA.translationOfWork) == {french}
    assert values(sample, english, DCTERMS.issued) == ["2022-04-28"]


def test_every_publication_type_has_its_classes():
    assert set(works.CLASSES) == set(concepts("publication-type")), (
        "ontology/schemes/publication-type.ttl and CLASSES of kg/sources/curated/works.py "
        "must name the same types"
    )


# What data/ says


def test_nothing_is_wrong_with_the_tables():
    assert [str(error) for error in check(None)] == []


def test_the_model_lists_the_columns_of_every_table():
    model = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    for name, table in TABLES.items():
        row = f"| {name}.csv | {', '.join(table.columns)} |"
        assert row in model or f"{row[:-1]}— " in model, f"docs/model.md must say: {row}"


def test_every_source_states_something():
    used = {row.get("source", "") for name in TABLES for row in read_csv(DATA / f"{name}.csv")}
    keys = {row["key"] for row in read_csv(DATA / "sources.csv")}
    assert keys <= used, f"remove from sources.csv: {sorted(keys - used)}"


def test_there_are_as_many_things_as_expected(data):
    kinds = {
        "organization": ORG.classification,
        "person": FOAF.familyName,
        "publication": DCTERMS.language,
        "episode": SCHEMA.episodeNumber,
    }
    described = {s for s, p, o in data if p in (RDF.type, *kinds.values()) and "#" not in s.value}
    counted = Counter(re.match(r".*/id/([a-z-]+)/", s.value)[1] for s in described)
    for kind, (least, most) in importer.EXPECT.items():
        assert least <= counted[kind] <= most, f"{kind}: {counted[kind]}, see EXPECT"


def test_the_third_episode_is_a_count_and_not_invented(data):
    season = named("podcast", "echos-urbains-serie-ess")
    described = {s for s, p, o in data if p == SCHEMA.partOfSeries and o == season}
    assert values(data, season, SCHEMA.numberOfEpisodes) == ["3"]
    assert sorted(episode.value[-1] for episode in described) == ["1", "2"]


def test_three_starts_of_one_presidency_stay_each_with_its_source():
    rows = read_csv(DATA / "roles.csv")
    starts = {
        row["start"]: row["source"]
        for row in rows
        if row["person"] == "jerome-saddier" and row["key"] == "presidency-ess-france"
    }
    del starts[""]
    assert starts == {
        "2018": "carenews-2019-07-01",
        "2019-01-01": "carenews-saddier-president-ess-france",
        "2021": starts["2021"],
    }


@pytest.mark.parametrize(
    ("kind", "key", "predicate", "claims"),
    [
        (
            "organization",
            "ess-france",
            SCHEMA.foundingDate,
            "2014-07 2014-10 2014-10-24 2014-10-27",
        ),
        ("organization", "rtes", SCHEMA.foundingDate, "2001 2002"),
        ("organization", "france-urbaine", SCHEMA.foundingDate, "2015-11-06 2016-01-01"),
        ("organization", "mouvement-impact-france", SCHEMA.foundingDate, "2010 2010-02 2020"),
        ("organization", "cress-mayotte", SCHEMA.foundingDate, "2014 2016"),
        ("organization", "transiscope", SCHEMA.foundingDate, "2018-09-30 2018-10-01"),
        ("publication", "cour-des-comptes-ess-2025", DCTERMS.issued, "2025-09-17 2025-09-18"),
        ("publication", "decret-2017-1317", DCTERMS.issued, "2017-09-04 2017-09-05"),
        ("event", "gsef-forum-2025", ESS.attendance, "10800 5500"),
    ],
)
def test_contradicting_claims_are_all_kept(data, kind, key, predicate, claims):
    assert values(data, named(kind, key), predicate) == claims.split()


@pytest.mark.parametrize(
    ("person", "role", "predicate", "claims"),
    [
        ("eric-chenut", "presidency-fnmf", SCHEMA.startDate, "2021-10-04 2021-10-05"),
        ("hugues-sibille", "presidency-labo-ess", SCHEMA.startDate, "2014-11-26 2015"),
        (
            "olivia-gregoire",
            "minister-delegate-gouvernement-francais",
            SCHEMA.startDate,
            "2023 2024-01",
        ),
        (
            "emeline-baume",
            "co-presidency-commission-ess",
            ESS.attestedOn,
            "2020-12-09 2022-05-11",
        ),
    ],
)
def test_contradicting_claims_about_a_role_are_all_kept(data, person, role, predicate, claims):
    assert values(data, part(named("person", person), role), predicate) == claims.split()


def test_legal_forms_and_ends_that_sources_dispute_are_all_kept(data):
    def types(key):
        return {o.value.rsplit("/")[-1] for o in objects(data, key, ORG.classification)}

    assert {"scic", "consumer-cooperative"} <= types(named("organization", "citiz"))
    assert {"scic", "cooperative-union"} <= types(named("organization", "enercoop"))
    change = part(named("organization", "cncress"), "change-2020")
    ends = {o.value.rsplit("/")[-1] for o in objects(data, change, DCTERMS.type)}
    assert ends == {"merger", "liquidation"}


def test_an_uncertain_siren_stays_out(data):
    assert values(data, named("organization", "mobicoop"), ESS.siren) == []


# What the facts hold


def facts(name):
    with (FACTS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def keys(table, column="key"):
    return {row[column] for row in read_csv(DATA / f"{table}.csv")}


@needs_facts
@pytest.mark.parametrize("table", ["organizations", "publications", "podcasts", "events"])
def test_every_fact_with_a_key_is_carried_over(table):
    missing = {row["key"] for row in facts(table)} - keys(table)
    assert not missing


@needs_facts
def test_every_theme_is_carried_over():
    assert {f"{row['scheme']}-{row['key']}" for row in facts("themes")} <= keys("themes")


@needs_facts
def test_every_role_is_carried_over():
    held = Counter((row["person"], row["organization"]) for row in _tenures())
    wanted = Counter((row["person_key"], row["organisation_key"]) for row in facts("people_roles"))
    assert not wanted - held
    assert {row["person_key"] for row in facts("people_roles")} <= keys("people")


def _tenures():
    """One row of roles.csv for each tenure."""
    rows = {(row["person"], row["key"]): row for row in read_csv(DATA / "roles.csv")}
    return rows.values()


@needs_facts
def test_every_start_and_end_of_a_role_is_carried_over():
    rows = list(read_csv(DATA / "roles.csv"))
    for fact in facts("people_roles"):
        own = [
            row
            for row in rows
            if (row["person"], row["organization"])
            == (fact["person_key"], fact["organisation_key"])
        ]
        for column in ("start", "end"):
            assert not fact[column] or fact[column] in {row[column] for row in own}, fact


@needs_facts
def test_every_described_episode_is_carried_over():
    wanted = [
        row
        for row in facts("episodes")
        if (row["series_key"], row["episode_number"]) not in UNDESCRIBED
    ]
    assert len(keys("episodes")) == len(wanted)
    titles = {row["title"] for row in read_csv(DATA / "episodes.csv")}
    assert {row["title"] for row in wanted} <= titles


@needs_facts
def test_every_laureate_is_carried_over():
    names = {row["name_fr"] for row in read_csv(DATA / "organizations.csv")}
    assert {row["name_as_printed"] for row in facts("ptce_laureats_2021")} <= names
    assert len(list(read_csv(DATA / "grants.csv"))) == 15


@needs_facts
@pytest.mark.parametrize(
    "table", ["organizations", "people_roles", "publications", "podcasts", "episodes", "events"]
)
def test_every_page_that_the_facts_name_is_a_source(table):
    known = {_page(row["url"]) for row in read_csv(DATA / "sources.csv")}
    for fact in facts(table):
        for page in fact["source"].split(" ; "):
            if page.startswith("http"):
                assert _page(page) in known, page


def _page(url):
    return re.sub(r"^https?://(www\.)?", "", url).rstrip("/")


@needs_facts
def test_every_siren_is_carried_over():
    sirens = {row["value"] for row in read_csv(DATA / "identifiers.csv")}
    for fact in facts("organizations"):
        known = any(value.startswith(fact["siren"]) for value in sirens)
        assert known, f"{fact['key']}: {fact['siren']}"


# What is said about bad tables

SADDIER = {"person": "jerome-saddier", "start": "2021"}


def test_a_bad_date_is_named_with_its_mend(tables):
    line = line_of("roles", **SADDIER)
    assert tables("roles", line, "start", "2021-13") == [
        f"roles.csv, line {line}, column 'start': '2021-13' is not a date: write YYYY, YYYY-MM or "
        "YYYY-MM-DD. To mend it: write the date with the precision that the source gives"
    ]


def test_an_end_before_the_start_is_named(tables):
    line = line_of("roles", **SADDIER)
    assert tables("roles", line, "end", "2020-12") == [
        f"roles.csv, line {line}, column 'end': '2020-12' comes before the start, 2021. "
        "To mend it: swap or correct the dates"
    ]


def test_an_end_in_the_year_of_the_start_is_no_problem(tables):
    assert tables("roles", line_of("roles", **SADDIER), "end", "2021-02") == []


def test_an_unknown_role_comes_with_the_nearest_ones(tables):
    line = line_of("roles", **SADDIER)
    assert tables("roles", line, "role", "presidant") == [
        f"roles.csv, line {line}, column 'role': 'presidant' is not a concept of the scheme "
        "'role'. To mend it: write 'president' or 'co-president' or 'presidency'"
    ]


def test_an_unknown_type_comes_with_where_to_add_it(tables):
    assert tables("organizations", 2, "type", "zzz") == [
        "organizations.csv, line 2, column 'type': 'zzz' is not a concept of the scheme "
        "'organization-type'. To mend it: add it to ontology/schemes/organization-type.ttl"
    ]


def test_an_unknown_organisation_comes_with_the_nearest_ones(tables):
    assert tables("areas", 2, "organization", "nante-metropole") == [
        "areas.csv, line 2, column 'organization': 'nante-metropole' is not a key of "
        "organizations.csv. To mend it: write 'nantes-metropole'"
    ]


def test_an_unknown_source_comes_with_the_nearest_ones(tables):
    assert tables("based_on", 2, "source", "avise-podcast-echo-urbain") == [
        "based_on.csv, line 2, column 'source': 'avise-podcast-echo-urbain' is not a key of "
        "sources.csv. To mend it: write 'avise-podcast-echos-urbains'"
    ]


def test_a_key_with_nothing_like_it_comes_with_where_to_add_it(tables):
    assert tables("coverage", 2, "territory", "zzzz") == [
        "coverage.csv, line 2, column 'territory': 'zzzz' is not a key of territories.csv. "
        "To mend it: add it to territories.csv"
    ]


def test_a_territory_of_the_official_lists_needs_no_row(tables):
    assert tables("coverage", 2, "territory", "insee-departement-84") == []


def test_a_wrong_check_digit_is_named(tables):
    line = line_of("identifiers", value="301463253")
    assert tables("identifiers", line, "value", "301463254") == [
        f"identifiers.csv, line {line}, column 'value': '301463254' is not a SIREN: its check "
        "digit is wrong. To mend it: compare it with the source"
    ]


def test_an_unknown_word_comes_with_those_there_are(tables):
    (problem,) = tables("areas", 2, "relation", "rules")
    assert problem == (
        "areas.csv, line 2, column 'relation': 'rules' is not one of serves, governs"
    )


def test_an_empty_cell_that_must_be_filled_is_named(tables):
    (problem,) = tables("roles", line_of("roles", **SADDIER), "title", " ")
    assert problem.endswith("column 'title': ' ' is empty, and this column may not be")


def test_a_web_address_must_be_one(tables):
    (problem,) = tables("sources", 2, "url", "www.avise.org")
    assert problem == (
        "sources.csv, line 2, column 'url': 'www.avise.org' is not a web address: it must begin "
        "with https:// or http://. To mend it: copy the full address from the browser"
    )


def test_the_same_claim_twice_is_named_with_the_first(tables):
    first, second = (
        line_of("people", key="jerome-saddier"),
        line_of("people", key="mahel-coppey"),
    )
    problems = tables("people", second, "key", "jerome-saddier")
    assert (
        f"people.csv, line {second}, column 'key': 'jerome-saddier' stands twice with the same "
        f"key and source. To mend it: merge the row with line {first}"
    ) in problems


def test_an_appearance_in_a_role_that_is_not_held_is_named(tables):
    (problem,) = tables("appearances", 2, "roles", "presidency-rte")
    assert problem == (
        "appearances.csv, line 2, column 'roles': 'presidency-rte' names 'presidency-rte', not a "
        "role of mahel-coppey. To mend it: write 'presidency-rtes'"
    )


def test_two_sources_with_one_title_are_named(tables):
    first, second = [*read_csv(SAMPLE / "sources.csv")][:2]
    (problem,) = tables("sources", second.line, "title", first["title"])
    assert problem == (
        f"sources.csv, line {second.line}, column 'title': {first['title']!r} is the title of "
        f"{first['key']} on line {first.line} too. To mend it: say what tells them apart: a page, "
        "a part, a date"
    )


def test_a_translation_of_an_edition_that_is_not_there_is_named(tables):
    line = line_of("editions", key="edition-en")
    (problem,) = tables("editions", line, "translation_of", "edition-de")
    assert problem == (
        f"editions.csv, line {line}, column 'translation_of': 'edition-de' is not an edition of "
        "the same publication. To mend it: write 'edition-en' or 'edition-fr'"
    )


def test_one_key_for_roles_in_two_organisations_is_named(tables):
    rows = [row for row in read_csv(SAMPLE / "roles.csv") if row["key"] == "presidency-ess-france"]
    (problem,) = tables("roles", rows[-1].line, "organization", "avise")
    assert problem == (
        f"roles.csv, line {rows[-1].line}, column 'key': 'presidency-ess-france' is the key of a "
        f"role in ess-france on line {rows[0].line}. To mend it: give the role in another "
        "organisation its own key"
    )


# What is said about bad decisions

ROW = "organization,avise,{},{},Une raison.,équipe,2026-11-24"
HEAD = "kind,key,relation,other,reason,author,date"


@pytest.fixture
def decisions(tables):
    """The problems of a links.csv with these rows."""

    def problems(*rows):
        (tables.folder / "links.csv").write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
        return [str(error).removeprefix(f"{tables.folder}/") for error in check(tables.folder)]

    return problems


@pytest.mark.parametrize("other", ["rtes", "siren-301463253", "rna-W751000001"])
def test_a_decision_is_about_things_of_ours_or_of_registers(decisions, other):
    assert decisions(ROW.format("same", other)) == []


def test_a_decision_is_about_things_of_other_sources_too(decisions):
    uuid = "doi-1b792dd3-0539-564c-a92c-d7d5bcfb2a37"
    row = "publication,glemain-revalisable-2019,same,{},Une raison.,équipe,2026-11-24"
    assert decisions(row.format(uuid)) == decisions(row.format("hal-hal-02415793")) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (ROW.format("same", "rtse"), "column 'other': 'rtse' is not a key of organizations.csv"),
        (ROW.format("same", "siren-301463254"), "'siren-301463254' is not a SIREN: its check"),
        (ROW.format("same", "avise"), "column 'other': 'avise' is the key itself"),
        (ROW.format("equal", "rtes"), "column 'relation': 'equal' is not one of same, not-same"),
        (ROW.format("same", "rtes").replace("Une raison.", ""), "column 'reason': '' is empty"),
        (ROW.format("same", "rtes").replace("équipe", ""), "column 'author': '' is empty"),
        (ROW.format("same", "rtes").replace("2026-11-24", ""), "column 'date': '' is empty"),
        (ROW.format("same", "rtes").replace("organization", "robot"), "'robot' is not one of"),
    ],
)
def test_a_decision_that_cannot_be_one_is_named(decisions, row, problem):
    assert any(problem in each for each in decisions(row))


def test_a_decision_about_the_same_two_the_other_way_round_is_named(decisions):
    turned = ROW.replace("avise", "rtes").format("same", "avise")
    (problem,) = decisions(ROW.format("same", "rtes"), turned)
    assert problem == (
        "links.csv, line 3, column 'other': 'avise' and 'rtes' stand in another row already. "
        "To mend it: merge the row with line 2"
    )


def test_decisions_against_each_other_are_named_with_the_chain(decisions):
    between = ROW.replace("avise", "rtes").format("same", "ess-france")
    (problem,) = decisions(
        ROW.format("same", "rtes"), between, ROW.format("not-same", "ess-france")
    )
    assert problem == (
        "links.csv, line 4, column 'other': 'ess-france' is the same as 'avise' by other rows. "
        "To mend it: correct this row, or one of those on the lines 2, 3"
    )


def test_a_missing_column_is_named_and_the_other_tables_are_still_checked(tables):
    path = tables.folder / "units.csv"
    path.write_text("unit,source\nx,y\n", encoding="utf-8")
    problems = tables("areas", 2, "relation", "rules")
    assert len(problems) == 2
    assert problems[1] == (
        "units.csv, line 1, column 'organization': the column is missing; there are: unit, source. "
        "To mend it: give the table its column back: docs/model.md lists them"
    )
    (error, _) = sorted(check(tables.folder), key=lambda e: not isinstance(e, MissingColumn))
    assert isinstance(error, MissingColumn)


def test_a_wrong_encoding_is_named_with_its_line(tables):
    path = tables.folder / "names.csv"
    path.write_bytes(path.read_bytes().replace("Émeline".encode(), "Émeline".encode("latin-1")))
    line = line_of("names", name="Émeline Baume")
    assert tables("areas", 2, "relation", "governs") == [
        f"names.csv, line {line}: the file is not UTF-8 text. To mend it: save it again as UTF-8"
    ]


def test_all_problems_are_reported_together(tables):
    tables("areas", 2, "relation", "rules")
    tables("roles", 2, "start", "soon")
    problems = tables("identifiers", line_of("identifiers", value="301463253"), "value", "1")
    assert [problem.split(",")[0] for problem in problems] == [
        "areas.csv",
        "identifiers.csv",
        "roles.csv",
    ]


def test_two_bad_cells_of_one_row_are_both_reported(tables):
    tables("roles", 2, "start", "soon")
    assert len(tables("roles", 2, "end", "later")) == 2


def test_broken_turtle_is_named_with_its_line(tables):
    path = tables.folder / "turtle" / "epcicom-2025.ttl"
    path.write_text("\n\n<a> <b> .\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list(records(Inputs([path])))
    assert caught.value.file == path
    assert caught.value.line == 3
    assert [error.line for error in check(tables.folder)] == [3]


def test_a_blank_node_in_turtle_is_refused(tables):
    path = tables.folder / "turtle" / "epcicom-2025.ttl"
    path.write_text("<http://a.fr/> <http://b.fr/> [] .\n", encoding="utf-8")
    (error,) = check(tables.folder)
    assert error.file == path
    assert error.problem == "has a blank node"
    assert error.mend == "give the node an IRI of its own"


def test_a_folder_without_tables_says_what_to_name(tmp_path):
    with pytest.raises(MissingFile, match="name the folder that holds sources.csv"):
        paths(tmp_path)


def test_a_publication_type_without_classes_names_the_code():
    row = Row(dict.fromkeys(TABLES["publications"].columns, ""), Path("publications.csv"), 2)
    row.update(key="x", source="s", type="poem")
    with pytest.raises(RowError) as caught:
        list(triples(row))
    assert (caught.value.column, caught.value.value) == ("type", "poem")
    assert caught.value.mend == "add it to CLASSES in kg/sources/curated/works.py"


# Whatever stands in a cell

ROWS = [row for row in records(Inputs(paths(SAMPLE))) if row.file.suffix == ".csv"]


@given(st.sampled_from(ROWS), st.data())
def test_any_text_in_a_cell_makes_statements_that_parse_or_an_error(row, data):
    changed = Row(dict(row), row.file, row.line)
    changed[data.draw(st.sampled_from(sorted(row)))] = data.draw(st.text())
    try:
        made = set(triples(changed))
    except ValueError:
        return
    read = parse(input=canonical(made), format=RdfFormat.N_TRIPLES)
    assert {quad.triple for quad in read} == {Triple(*each) for each in made}


def test_the_source_is_loaded_with_its_check():
    loaded = load("curated")
    assert loaded.check(SAMPLE) == []
    assert loaded.description.is_file()
