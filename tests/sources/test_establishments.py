"""Establishments: which are kept, where they are, and what of that is published."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, RdfFormat, parse

from kg import sources
from kg.convert import check_expected
from kg.errors import MissingColumn, MissingFile
from kg.iri import named
from kg.settings import Settings
from kg.sources import Inputs
from kg.sources.establishments.importer import (
    COLUMNS,
    COMMUNE,
    LATER,
    STATED,
    X,
    Y,
    paths,
    records,
    triples,
)
from kg.sources.establishments.projection import OVERSEAS, degrees, projection
from kg.sources.rows import LeftOut, Row, RowError
from kg.vocab import ESS, GEO, ORG, RDF, RDFS, SCHEMA, SKOS
from tests.sources.registers import converted, copy_of, inferred, objects
from tests.sources.snapshot import canonical

SAMPLE = Path(__file__).parent / "establishments"
FILE = SAMPLE / "StockEtablissement_utf8.csv"
REAL = Settings.from_environment().shared / "samples/sirene"
needs_samples = pytest.mark.skipif(not REAL.is_dir(), reason=f"no samples of Sirene in {REAL}")

HOME, WORKPLACE, FORMER = "12345670900013", "12345670900021", "12345670900039"
MASKED, UNMASKED, MERGED = "12345671700024", "12345671700032", "12345672500019"
SHARED_OUT, ABROAD, GUADELOUPE = "12345673300013", "12345674100123", "12345674100131"
ISLAND, SPOILT = "12345675800010", "00000001800010"
DECIMAL = NamedNode("http://www.w3.org/2001/XMLSchema#decimal")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def needed(build):
    return [converted(build, "territories"), converted(build, "sirene")]


@pytest.fixture(scope="module")
def read(needed):
    """The rows that are taken of a file, and how many are left out by reason."""

    def rows_of(path=FILE, **options):
        ready = {each.source.name: each.statements for each in needed}
        found = list(records(Inputs([path], options, ready)))
        left_out = {each.reason: each.rows for each in found if isinstance(each, LeftOut)}
        return [each for each in found if isinstance(each, Row)], left_out

    return rows_of


def statements(rows):
    stated = set()
    for row in rows:
        try:
            stated.update(list(triples(copy_of(row))))
        except RowError:
            continue
    return stated


@pytest.fixture(scope="module")
def rows(read):
    return read()[0]


@pytest.fixture(scope="module")
def sample(rows):
    return statements(rows)


@pytest.fixture
def row(rows):
    """The workplace, with other values in some columns."""
    return lambda **values: copy_of(rows[1], **values)


@pytest.fixture
def changed(tmp_path):
    """A copy of the sample with other values in some columns of every row."""

    def file(**values):
        path = tmp_path / "StockEtablissement.csv"
        with FILE.open(encoding="utf-8", newline="") as old:
            table = list(csv.DictReader(old))
        with path.open("w", encoding="utf-8", newline="") as new:
            writer = csv.DictWriter(new, list(table[0]))
            writer.writeheader()
            writer.writerows({**line, **values} for line in table)
        return path

    return file


def site(siret):
    return named("establishment", f"siret-{siret}")


def unit(siret):
    return named("organization", f"siren-{siret[:9]}")


def place(key):
    return named("territory", f"insee-{key}")


# Which rows are taken


def test_the_sample_produces_the_expected_statements(sample, snapshot):
    snapshot(SAMPLE / "expected.nt", sample)


def test_every_row_is_taken_left_out_for_a_reason_or_set_aside_with_its_line(build, needed):
    outcome = converted(build, "establishments", *needed).outcome
    assert outcome.rows == 17
    assert outcome.entities == {"establishment": 11}
    assert outcome.left_out == {
        "not open to publication": 1,
        "of a legal unit that is not kept": 1,
    }
    assert [(each.line, each.column, each.value) for each in outcome.set_aside] == [
        (15, COMMUNE, "69999"),
        (16, X, "643020.11"),
        (17, "nic", "12345670900071"),
        (18, "trancheEffectifsEtablissement", "99"),
    ]


def test_the_columns_are_those_of_the_register():
    with FILE.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert len(header) == 54
    assert {*COLUMNS.read, *COLUMNS.ignored} == set(header)


@pytest.mark.parametrize("only", ["all", "seats", "employers", "communes"])
def test_no_column_is_left_unread(read, only):
    for each in read(only=only)[0]:
        spent = copy_of(each)
        try:
            list(triples(spent))
        except RowError:
            continue
        assert set(spent) == set()


@pytest.mark.parametrize(
    ("only", "described"),
    [
        ("seats", {HOME, MASKED, MERGED, SHARED_OUT, ABROAD, ISLAND, SPOILT}),
        ("employers", {WORKPLACE, FORMER, MASKED, UNMASKED, MERGED, ABROAD, GUADELOUPE, ISLAND}),
        ("communes", set()),
    ],
)
def test_the_option_chooses_what_becomes_a_thing_and_every_seat_gives_its_place(
    read, sample, only, described
):
    taken, left_out = read(only=only)
    stated = statements(taken)
    assert {s for s, p, o in stated if (p, o) == (RDF.type, ORG.Site)} == set(map(site, described))
    of_organizations = {t for t in stated if "/organization/" in t[0].value}
    missing = {t for t in sample if "/organization/" in t[0].value} - of_organizations
    assert {p for _, p, _ in missing} <= {ORG.hasRegisteredSite}
    assert left_out[f"not kept with only = {only}"] == (3 if only == "employers" else 8)


def test_a_file_without_a_column_is_refused_with_its_name(tmp_path, read):
    path = tmp_path / "StockEtablissement.csv"
    path.write_text(FILE.read_text(encoding="utf-8").replace(",nic,", ",numero,", 1), "utf-8")
    with pytest.raises(MissingColumn, match=r"StockEtablissement\.csv, column 'nic'"):
        read(path)


def test_a_column_named_like_one_of_ours_does_no_harm(tmp_path, read, rows):
    path = tmp_path / "StockEtablissement.csv"
    text = FILE.read_text(encoding="utf-8")
    path.write_text(text.replace("codeCommune2Etablissement", "region", 1), encoding="utf-8")
    assert [each["region"] for each in read(path)[0]] == [each["region"] for each in rows]


def test_without_a_file_the_source_says_where_to_get_it():
    with pytest.raises(MissingFile, match=r"StockEtablissement is needed.*data\.gouv\.fr.*--with"):
        paths(None)


# What is said of an establishment


def test_an_establishment_is_a_site_of_its_organisation_and_the_seat_is_its_registered_site(sample):
    assert objects(sample, site(WORKPLACE), ORG.siteOf) == {unit(WORKPLACE)}
    assert objects(sample, unit(WORKPLACE), ORG.hasRegisteredSite) == {site(HOME)}
    assert objects(sample, site(WORKPLACE), ESS.siret) == {WORKPLACE}


def test_an_establishment_is_called_by_its_unit_and_commune_and_keeps_its_signs(sample):
    me = site(WORKPLACE)
    assert objects(sample, me, RDFS.label) == {"LES JARDINS PARTAGES, LYON"}
    assert objects(sample, me, SKOS.altLabel) == {"LA SERRE"}
    # The name was an N-Triples literal in between, with its quotes escaped.
    assert objects(sample, site(ABROAD), RDFS.label) == {'FONDATION "L\'ÉTÉ", À LYON, BRUXELLES'}


@pytest.mark.parametrize(
    ("siret", "status", "opened", "closed"),
    [
        (WORKPLACE, "active", {"2004-09-01"}, set()),
        (FORMER, "ceased", {"2004-09-01"}, {"2012-12-31"}),
        pytest.param(SHARED_OUT, "ceased", set(), set(), id="1900-01-01 is no date"),
    ],
)
def test_whether_it_is_open_since_when_and_until_when(sample, siret, status, opened, closed):
    me = site(siret)
    assert objects(sample, me, ESS.administrativeStatus) == {named("administrative-status", status)}
    assert objects(sample, me, SCHEMA.foundingDate) == opened
    assert objects(sample, me, SCHEMA.dissolutionDate) == closed


def test_activity_and_employees(sample):
    assert objects(sample, site(WORKPLACE), ESS.activity) == {named("activity", "94.99Z")}
    assert objects(sample, site(WORKPLACE), ESS.naf2025) == {"94.99Y"}
    assert objects(sample, site(SHARED_OUT), ESS.activity) == set()
    assert objects(sample, site(WORKPLACE), ESS.employer) == {"true"}
    assert objects(sample, site(WORKPLACE), ESS.sizeClass) == {named("size-class", "02")}
    assert objects(sample, site(HOME), ESS.employer) == set()


@pytest.mark.parametrize(
    ("siret", "commune", "departement", "region"),
    [
        (WORKPLACE, "69123", "69", "84"),
        pytest.param(HOME, "69381", "69", "84", id="a municipal arrondissement"),
        pytest.param(MERGED, "69123", "69", "84", id="a commune that has merged"),
        pytest.param(SHARED_OUT, "77362", "77", "11", id="a commune that was shared out"),
        pytest.param(GUADELOUPE, "97105", "971", "01", id="overseas"),
        pytest.param(ISLAND, "97701", None, None, id="a collectivity, in no département"),
        pytest.param(SPOILT, "01015", "01", "84", id="a code that a spreadsheet spoilt"),
    ],
)
def test_an_establishment_is_in_territories_of_today_and_a_seat_puts_its_unit_there(
    sample, siret, commune, departement, region
):
    where = (
        {place(commune)},
        {place(f"departement-{departement}")} if departement else set(),
        {place(f"region-{region}")} if region else set(),
    )
    seat = objects(sample, unit(siret), ORG.hasRegisteredSite) == {site(siret)}
    for me in (site(siret), *([unit(siret)] if seat else [])):
        assert (
            objects(sample, me, ESS.commune),
            objects(sample, me, ESS.departement),
            objects(sample, me, ESS.region),
        ) == where


def test_a_seat_abroad_is_as_the_register_writes_it(sample):
    assert objects(sample, unit(ABROAD), ESS.seat) == {"BRUXELLES (BELGIQUE)"}
    assert objects(sample, unit(ABROAD), ESS.commune) == set()


def test_the_rules_add_nothing_to_what_is_stated(build, needed):
    territories, sirene = needed
    before = inferred(territories, sirene)
    assert inferred(territories, sirene, converted(build, "establishments", *needed)) == before


# What is published of a place


def test_the_point_of_a_workplace_is_stated_for_geosparql_and_as_numbers(sample):
    me = site(WORKPLACE)
    (geometry,) = objects(sample, me, GEO.hasGeometry)
    assert geometry == NamedNode(f"{me.value}#geometry")
    assert objects(sample, geometry, GEO.asWKT) == {"POINT(4.832 45.7578)"}
    assert objects(sample, me, SCHEMA.longitude) == {"4.832"}
    assert objects(sample, me, SCHEMA.latitude) == {"45.7578"}
    assert {o.datatype for _, p, o in sample if p == SCHEMA.latitude} == {DECIMAL}


@pytest.mark.parametrize(
    "siret",
    [
        pytest.param(HOME, id="nobody is employed there"),
        pytest.param(FORMER, id="it is closed"),
        pytest.param(MASKED, id="the register masks it"),
        pytest.param(UNMASKED, id="its diffusion is partial"),
        pytest.param(MERGED, id="a closed seat"),
    ],
)
def test_a_point_that_may_be_a_home_is_not_even_read(rows, sample, siret):
    (found,) = [each for each in rows if each["siren"] + each["nic"] == siret]
    assert (found[X], found[Y], found["longitude"], found["latitude"]) == ("", "", "", "")
    assert objects(sample, site(siret), GEO.hasGeometry) == set()


def test_nothing_finer_than_the_commune_is_read_of_an_address(rows):
    read = {column for each in rows for column in each}
    assert not {column for column in read if "Voie" in column or "odePostal" in column}
    assert "MAISON" not in str(rows)


@pytest.mark.parametrize("column", [*STATED, *LATER])
def test_a_masked_value_is_never_stated_whatever_the_column(read, changed, column):
    taken, _ = read(changed(**{column: "[ND]"}))
    assert "[ND]" not in str(taken)
    assert "[ND]" not in canonical(statements(taken))


@pytest.mark.parametrize("department", [None, *OVERSEAS])
def test_each_territory_has_its_projection(department):
    """What defines each projection: where its origin, or its central meridian, is."""
    epsg = projection(f"{department or '69'}01")
    if department is None:
        assert degrees(epsg, [700_000.0], [6_600_000.0]) == [("3", "46.5")]
        return
    meridians = {5490: "-63", 2972: "-51", 2975: "57", 4471: "45", 4467: "-57"}
    northing = {5490: 1.7e6, 2972: 5.5e5, 2975: 7.7e6, 4471: 8.6e6, 4467: 5.18e6}[epsg]
    ((longitude, latitude),) = degrees(epsg, [500_000.0], [northing])
    assert longitude == meridians[epsg]
    assert (float(latitude) < 0) == (epsg in {2975, 4471})


@pytest.mark.parametrize(
    ("commune", "epsg"),
    [("2A004", 2154), ("97105", 5490), ("97302", 2972), ("98735", None), ("", 2154)],
)
def test_the_commune_tells_the_projection(commune, epsg):
    assert projection(commune) == epsg


def test_a_point_is_rounded_to_about_a_metre_in_canonical_decimals():
    ((longitude, latitude),) = degrees(2154, [842_395.13], [6_519_229.36])
    assert (longitude, latitude) == ("4.832", "45.7578")


def test_the_west_of_guyane_is_guyane():
    """Saint-Laurent-du-Maroni, beyond the area for which the projection is made."""
    assert degrees(2972, [164_224.07], [608_785.54]) == [("-54.03", "5.5")]


@pytest.mark.parametrize(
    "point", [("0", "0"), ("6519229.36", "842395.13"), ("abc", "1"), ("1", "")]
)
def test_coordinates_that_do_not_belong_to_the_commune_set_the_row_aside(read, changed, point):
    path = changed(**dict(zip((X, Y), point, strict=True)))
    with pytest.raises(RowError, match="is not a coordinate in the territory") as caught:
        list(triples(read(path)[0][1]))
    assert (caught.value.column, caught.value.value) == (X, point[0])


# Rows that cannot be taken


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("siren", "123456700", "is not a SIREN: its check digit is wrong"),
        ("etatAdministratifEtablissement", "", "is none of A, C, F"),
        ("trancheEffectifsEtablissement", "XX", "is not in ontology/schemes/size-class.ttl"),
        ("dateCreationEtablissement", "2004-13-01", "is not a date"),
    ],
)
def test_a_value_that_is_none_sets_the_row_aside_with_its_column(row, column, value, problem):
    with pytest.raises(RowError) as caught:
        list(triples(row(**{column: value})))
    assert (caught.value.column, caught.value.value) == (column, value)
    assert caught.value.problem.startswith(problem)


@given(st.dictionaries(st.sampled_from(sorted({*STATED, *LATER})), st.text()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_readable_statements_or_is_refused_by_name(row, values):
    try:
        produced = list(triples(row(**values)))
    except RowError as error:
        assert error.column in STATED + LATER
        return
    assert len(list(parse(canonical(produced), format=RdfFormat.N_TRIPLES))) == len(set(produced))


# How many


def test_how_many_are_usual_depends_on_the_option(build, needed):
    source = sources.load("establishments")
    assert source.expected({"only": "communes"}) == {}
    assert source.expected({"only": "employers", "extent": "part"}) == {}
    problems, _ = check_expected(converted(build, "establishments", *needed))
    assert problems == [
        "establishments: 11 of kind establishment, where 1100000 to 6000000 are usual"
    ]


# Real rows


@needs_samples
def test_the_real_sample_of_establishments_is_read_and_its_foreign_columns_are_named(read):
    path = REAL / "sample_etablissements_OK.csv"
    assert read(path) == ([], {"of a legal unit that is not kept": 3})
    with path.open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    # They are not INSEE's: a publisher of geocoded files added them.
    assert COLUMNS.unknown(header) == [
        *("longitude", "latitude", "geo_score", "geo_type", "geo_adresse", "geo_id"),
        *("geo_ligne", "geo_l4", "geo_l5"),
    ]


@needs_samples
def test_the_real_sample_without_a_column_is_refused(read):
    with pytest.raises(MissingColumn, match="'nic'"):
        read(REAL / "sample_etablissements_KO_missing_header.csv")
