"""Statistics: every observation is a count, and the cubes are well formed."""

import random
from collections import Counter
from itertools import product

import pytest

from kg import cubes
from kg.query.local import open_store
from kg.vocab import prefixes
from tests.stated import stated

TERRITORIES = """
territory/iso-FR ess:territoryLevel territory-level/country
territory/insee-region-84 ess:territoryLevel territory-level/region
territory/insee-region-84 dcterms:isPartOf territory/iso-FR
territory/insee-departement-69 ess:territoryLevel territory-level/departement
territory/insee-departement-69 dcterms:isPartOf territory/insee-region-84
territory/insee-departement-01 ess:territoryLevel territory-level/departement
territory/insee-departement-01 dcterms:isPartOf territory/insee-region-84
territory/insee-69123 ess:territoryLevel territory-level/commune
territory/insee-69123 dcterms:isPartOf territory/insee-departement-69
territory/insee-69383 ess:territoryLevel territory-level/municipal-arrondissement
territory/insee-69383 dcterms:isPartOf territory/insee-69123
territory/insee-01004 ess:territoryLevel territory-level/commune
territory/insee-01004 dcterms:isPartOf territory/insee-departement-01
territory/insee-01002 ess:territoryLevel territory-level/former-commune
territory/insee-01002 dcterms:isReplacedBy territory/insee-01004
activity/88 skos:broader activity/Q
activity/88.10A skos:broader activity/88
"""
WHERE = {
    "insee-69123": ["insee-69123", "insee-departement-69", "insee-region-84", "iso-FR"],
    "insee-69383": ["insee-69123", "insee-departement-69", "insee-region-84", "iso-FR"],
    "insee-01002": ["insee-01004", "insee-departement-01", "insee-region-84", "iso-FR"],
}


LEVELS = {
    **dict.fromkeys(("insee-69123", "insee-01004"), "commune"),
    **dict.fromkeys(("insee-departement-69", "insee-departement-01"), "departement"),
    "insee-region-84": "region",
    "iso-FR": "country",
}


FAMILY = "ess:legalFamily legal-family/mutual"


def organization(key, *facts):
    return [
        f"organization/{key} a org:FormalOrganization",
        *(f"organization/{key} {f}" for f in facts),
    ]


def observed(tmp_path, *lines):
    """What the observations say: the key of each, its counts by the last part of the measure."""
    with stated(tmp_path, "\n".join([TERRITORIES.strip(), *lines])) as connection:
        count = cubes.add(connection, "2026-11-24", tmp_path / "scratch.tsv")
        rows = connection.execute(
            "SELECT split_part(str(subject), '/observation/', 2), "
            "split_part(str(predicate), '#', 2), str(object) FROM statement "
            "WHERE ends_with(predicate, 'Count>') AND sources = ['statistics']"
        ).fetchall()
    found = {}
    for key, measure, value in rows:
        found.setdefault(key, {})[measure.removesuffix("Count")] = int(value)
    assert len(found) == count
    return found


def test_an_organisation_is_counted_in_all_that_contains_its_commune(tmp_path):
    for commune, around in WHERE.items():
        found = observed(tmp_path, *organization("a", FAMILY, f"ess:commune territory/{commune}"))
        counted = [key for key in found if key.startswith("territory.")]
        assert sorted(counted) == sorted(f"territory.{each}" for each in around)
        assert all(counts == {"organization": 1} for counts in found.values())


def test_of_whom_only_the_departement_is_known_counts_there(tmp_path):
    place = "ess:departement territory/insee-departement-69"
    found = observed(tmp_path, *organization("a", FAMILY, place))
    counted = [key for key in found if key.startswith("territory.")]
    assert sorted(counted) == sorted(f"territory.{each}" for each in WHERE["insee-69123"][1:])


def test_what_has_no_legal_family_is_no_organisation_of_the_ess(tmp_path):
    ministry = organization("a", "ess:commune territory/insee-69123")
    assert observed(tmp_path, *ministry, 'organization/a schema:foundingDate "1901"') == {}


def test_what_ended_or_was_replaced_is_no_longer_counted_but_its_closure_is(tmp_path):
    found = observed(
        tmp_path,
        *organization("a", FAMILY, 'schema:foundingDate "1990-05-01"^^<x:date>'),
        *organization("b", FAMILY, 'schema:dissolutionDate "2020"^^<x:gYear>'),
        *organization("c", FAMILY, "dcterms:isReplacedBy organization/a"),
        *organization("d", FAMILY, "ess:administrativeStatus administrative-status/ceased"),
        *organization("e", FAMILY, "ess:administrativeStatus administrative-status/active"),
    )
    assert found == {
        "family.mutual": {"organization": 2},
        "year.1990": {"creation": 1, "closure": 0},
        "year.2020": {"creation": 0, "closure": 1},
        "family-year.mutual.1990": {"creation": 1, "closure": 0},
        "family-year.mutual.2020": {"creation": 0, "closure": 1},
    }


def test_a_network_without_legal_existence_is_no_organisation_of_the_statistics(tmp_path):
    unit = "organization/a a org:OrganizationalUnit"
    assert observed(tmp_path, unit, f"organization/a {FAMILY}") == {}


def test_an_establishment_has_the_family_of_its_organisation_and_a_place_of_its_own(tmp_path):
    found = observed(
        tmp_path,
        *organization(
            "a", "ess:legalFamily legal-family/mutual", "ess:commune territory/insee-01004"
        ),
        "establishment/s a org:Site",
        "establishment/s org:siteOf organization/a",
        "establishment/s ess:activity activity/88.10A",
        "establishment/s ess:commune territory/insee-69123",
        "establishment/closed a org:Site",
        "establishment/closed org:siteOf organization/a",
        "establishment/closed ess:administrativeStatus administrative-status/ceased",
    )
    assert found["family.mutual"] == {"organization": 1, "establishment": 1}
    assert found["territory.insee-69123"] == {"organization": 0, "establishment": 1}
    assert found["territory.insee-01004"] == {"organization": 1, "establishment": 0}
    assert found["territory-family.insee-region-84.mutual"] == found["family.mutual"]
    assert found["section.Q"] == {"organization": 0, "establishment": 1}


def test_a_measure_without_data_is_left_out_and_with_data_says_zero(tmp_path):
    one, two = "ess:legalFamily legal-family/mutual", "ess:legalFamily legal-family/association"
    assert observed(tmp_path, *organization("a", one))["family.mutual"] == {"organization": 1}
    found = observed(
        tmp_path,
        *organization("a", one, "ess:sizeClass size-class/NN"),
        *organization("b", two, "ess:sizeClass size-class/00"),
    )
    assert found["family.mutual"] == {"organization": 1, "employer": 0}
    assert found["family.association"] == {"organization": 1, "employer": 1}


def test_a_thing_counts_under_each_of_the_values_that_sources_give_it(tmp_path):
    communes = [f"ess:commune territory/{key}" for key in ("insee-69123", "insee-01004")]
    found = observed(tmp_path, *organization("a", FAMILY, *communes))
    assert found["territory.insee-69123"] == found["territory.insee-01004"] == {"organization": 1}
    assert found["territory.insee-region-84"] == {"organization": 1}


def test_counts_are_those_of_counting_one_by_one(tmp_path):
    chance = random.Random(20220511)
    things, lines = [], []
    for n in range(200):
        thing = {
            "family": chance.choice(["association", "mutual", "undetermined"]),
            "size": chance.choice(["NN", "11", None]),
            "territory": chance.choice([*WHERE, None]),
            "year": str(chance.randint(2019, 2021)),
        }
        things.append(thing)
        facts = [f'schema:foundingDate "{thing["year"]}"']
        facts.append(f"ess:legalFamily legal-family/{thing['family']}")
        if thing["size"]:
            facts.append(f"ess:sizeClass size-class/{thing['size']}")
        if thing["territory"]:
            facts.append(f"ess:commune territory/{thing['territory']}")
        lines += organization(f"o{n}", *facts)
    found = observed(tmp_path, *lines)
    expected = Counter()
    for thing in things:
        values = {name: [value] for name, value in thing.items() if value}
        if "territory" in values:
            values["territory"] = WHERE[thing["territory"]]
        employs = thing["size"] == "11"
        for cube in cubes.CUBES:
            if not values.keys() >= set(cube.dimensions):
                continue
            measures = ["creation"] if "year" in cube.dimensions else ["organization"]
            measures += ["employer"] if employs and measures == ["organization"] else []
            for keys in product(*(values[name] for name in cube.dimensions)):
                if "territory" in cube.dimensions and LEVELS[keys[0]] not in cube.levels:
                    continue
                for measure in measures:
                    expected[".".join([cube.key, *keys]), measure] += 1
    counts = {
        (key, measure): count
        for key, measures in found.items()
        for measure, count in measures.items()
        if count
    }
    assert counts == dict(expected)


# --- The integrity constraints of the Data Cube vocabulary (section 11.1)

PREFIXES = "".join(f"PREFIX {name}: <{space}> " for name, space in prefixes().items())
CONSTRAINTS = {
    "IC-1": "?o a qb:Observation FILTER NOT EXISTS { ?o qb:dataSet ?one }",
    "IC-1, one only": "?o a qb:Observation ; qb:dataSet ?one , ?two FILTER (?one != ?two)",
    "IC-2": "?cube a qb:DataSet FILTER NOT EXISTS { ?cube qb:structure ?structure }",
    "IC-3": """?structure a qb:DataStructureDefinition
        FILTER NOT EXISTS { ?structure qb:component/qb:measure ?measure }""",
    "IC-4": """?part qb:dimension ?dimension
        FILTER (?dimension != sdmx-dimension:refArea)
        FILTER NOT EXISTS { ?dimension a qb:DimensionProperty ; rdfs:range ?range }""",
    "IC-11": """?o qb:dataSet/qb:structure/qb:component/qb:dimension ?dimension
        FILTER NOT EXISTS { ?o ?dimension ?value }""",
    "IC-14": """?o qb:dataSet/qb:structure/qb:component/qb:measure ?measure
        FILTER NOT EXISTS { ?o ?measure ?value }""",
    "IC-19": """?o ?dimension ?value . ?dimension qb:codeList ?list
        FILTER NOT EXISTS { ?value skos:inScheme ?list }""",
    "nothing else is observed": """?o a qb:Observation ; ?property ?value
        FILTER (?property NOT IN (rdf:type, qb:dataSet))
        FILTER NOT EXISTS {
            ?o qb:dataSet/qb:structure/qb:component/(qb:dimension|qb:measure) ?property }""",
}


@pytest.fixture(scope="module")
def store(default_release):
    return open_store(default_release)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_cubes_of_a_release_keep_the_constraints(store, name):
    query = f"{PREFIXES} SELECT * {{ {CONSTRAINTS[name]} }} LIMIT 5"
    assert [str(row) for row in store.query(query, use_default_graph_as_union=True)] == []


def test_no_two_observations_say_the_values_of_the_same_dimensions(store):
    rows = store.query(
        f"""{PREFIXES} SELECT ?o ?cube ?value {{ ?o qb:dataSet ?cube .
        ?cube qb:structure/qb:component/qb:dimension ?dimension . ?o ?dimension ?value }}""",
        use_default_graph_as_union=True,
    )
    said = {}
    for row in rows:
        said.setdefault((row["o"], row["cube"]), set()).add(row["value"])
    assert said
    keys = Counter((cube, frozenset(values)) for (_, cube), values in said.items())
    assert max(keys.values()) == 1
