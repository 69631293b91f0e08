"""Toponyms: a commune by its name, as registers write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sources import toponyms
from kg.sources.territories.importer import PACKAGE


@pytest.fixture(scope="module")
def find(territories):
    return toponyms.finder(territories)


@pytest.mark.parametrize(
    ("name", "departement", "code"),
    [
        pytest.param("Roubaix", "59", "59512", id="as it is"),
        pytest.param("OULLINS PIERRE BENITE", "69", "69149", id="without accents and hyphens"),
        pytest.param("ST-DENIS", "93", "93066", id="St for Saint"),
        pytest.param("LYON CEDEX 03", "69", "69123", id="the post office's name"),
        pytest.param("Lyon 1er Arrondissement", "69", "69381", id="an arrondissement"),
        pytest.param("LYON 01", "69", "69381", id="an arrondissement by its number"),
        pytest.param("Le Porte des Pierres Dorées", "69", "69114", id="an article too many"),
        pytest.param("Liergues", "69", "69114", id="a name of a part of the commune"),
        pytest.param("Saint-Bois", "01", "01340", id="a former commune"),
        pytest.param("Papeete", "987", "98735", id="overseas"),
        pytest.param("Roubaix", "62", "", id="in another département"),
        pytest.param("Nulle-Part", "59", "", id="nowhere"),
        pytest.param("", "59", "", id="no name"),
    ],
)
def test_a_name_leads_to_the_commune(find, name, departement, code):
    assert find(name, departement, "") == code


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """Two communes of one name in one département, and an older one whose name a third has now."""
    import duckdb

    path = tmp_path_factory.mktemp("twins") / "statements.parquet"
    label, postal = toponyms.TERMS["label"], toponyms.TERMS["postal_code"]
    ended = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", str(toponyms.TERMS["former"])
    rows = [
        ("59001", str(label), '"Le Bourg"@fr'),
        ("59001", str(postal), '"59100"'),
        ("59002", str(label), '"Bourg"@fr'),
        ("59002", str(postal), '"59200"'),
        ("59003", str(label), '"Bourg-Neuf"@fr'),
        ("59004", str(label), '"Bourg Neuf"@fr'),
        ("59005", str(label), '"Vieux"@fr'),
        ("59006", str(label), '"Vieux"@fr'),
        ("59006", *ended),
    ]
    stated = [(f"<https://x/insee-{code}>", predicate, value) for code, predicate, value in rows]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (subject TEXT, predicate TEXT, object TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", stated)
        connection.execute("COPY t TO $path (FORMAT parquet)", {"path": str(path)})
    return toponyms.finder(path)


@pytest.mark.parametrize(
    ("name", "postal_code", "code"),
    [
        pytest.param("BOURG", "", "59002", id="the very name before one without article"),
        pytest.param("LE BOURG", "", "59001", id="the article counts where it tells them apart"),
        pytest.param("LES BOURG", "59100", "59001", id="the postal code tells which"),
        pytest.param("LES BOURG", "", "", id="nothing tells which"),
        pytest.param("BOURG NEUF", "", "", id="two names that differ by a hyphen"),
        pytest.param("VIEUX", "", "59005", id="a commune of today before a former one"),
    ],
)
def test_of_several_communes_the_postal_code_may_tell(twins, name, postal_code, code):
    assert twins(name, "59", postal_code) == code


@pytest.mark.parametrize(
    ("name", "postal_code", "code"),
    [
        ("ROUBAIX", "59100", "59512"),
        ("Ajaccio", "20090", "2A004"),
        ("BASSE TERRE", "97100", "97105"),
        ("ROUBAIX", "59000", ""),  # a postal code of another commune
        ("ROUBAIX", "", ""),
    ],
)
def test_without_its_departement_a_commune_is_found_by_its_postal_code(
    find, name, postal_code, code
):
    assert find(name, "", postal_code) == code


@given(st.text())
def test_any_text_can_be_folded_again_without_change(name):
    once = toponyms.folded(name)
    assert toponyms.folded(once) == once


@pytest.mark.skipif(not PACKAGE.is_dir(), reason="the npm package is not installed")
def test_every_commune_of_today_is_found_by_its_own_name(tmp_path):
    from kg import sources
    from kg.convert import convert

    done = convert(sources.load("territories"), None, tmp_path)
    find = toponyms.finder(done.statements)
    import json

    communes = json.loads((PACKAGE / "communes.json").read_text(encoding="utf-8"))
    current = [each for each in communes if each["type"] == "commune-actuelle"]
    missed = [
        each["nom"]
        for each in current
        if find(each["nom"].upper(), toponyms.departement_of(each["code"]), "") != each["code"]
    ]
    assert missed == []
