"""The index: found blind to accents, case, ligatures; ranked; narrowed; counted; paged."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.iri import BASE
from kg.search import entries, fields
from kg.search.fold import code, codes, fold
from kg.search.index import Index, _Matching
from tests.stated import stated

GENERAL = """
territory/insee-region-84 label "Auvergne-Rhône-Alpes"@fr
territory/insee-region-84 ess:territoryLevel territory-level/region
territory/insee-departement-69 label "Rhône"@fr
territory/insee-departement-69 ess:territoryLevel territory-level/departement
territory/insee-departement-69 dcterms:isPartOf territory/insee-region-84
territory/insee-69123 label "Lyon"@fr
territory/insee-69123 ess:inseeCode "69123"
territory/insee-69123 ess:territoryLevel territory-level/commune
territory/insee-69123 dcterms:isPartOf territory/insee-departement-69
territory/insee-27377 label "Lyons-la-Forêt"@fr
person/baume label "Émeline Baume"
organization/metropole label "Métropole de Lyon"@fr
organization/metropole label "Lyon Metropolis"@en
organization/metropole ess:siren "200046977"
organization/metropole ess:siret "20004697700019"
organization/metropole ess:commune territory/insee-69123
organization/metropole schema:foundingDate "2015-01-01"
organization/oeuvre label "L’Œuvre \\"solidaire\\""@fr
organization/oeuvre ess:acronym "OS"
organization/oeuvre ess:legalFamily legal-family/association
organization/oeuvre schema:dissolutionDate "2020"
legal-family/association label "association"@fr
legal-family/association label "association (en)"@en
activity/Q label "Santé"@fr
activity/88 label "Action sociale"@fr
activity/88 skos:broader activity/Q
activity/88.10A skos:broader activity/88
organization/oeuvre ess:activity activity/88.10A
theme/wide label "large"@fr
theme/narrow skos:broader theme/wide
publication/study label "Une étude"@fr
publication/study dcterms:subject theme/narrow
publication/study ess:doi "10.1000/xyz-1"
publication/study#edition-en dcterms:title "A survey"@en
"""


def index_of(folder, text):
    with stated(folder, text) as connection:
        fields.write(entries.gather(connection), folder / "search")
    return Index(folder / "search", BASE)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"), GENERAL)


def keys(hits):
    return [hit.iri.rpartition("/")[2] for hit in hits]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("emeline", ["baume"]),
        ("ÉMEL bau", ["baume"]),
        ("oeuvre", ["oeuvre"]),
        ("l'œuv", ["oeuvre"]),
        ("os", ["oeuvre"]),
        ("foret lyons", ["insee-27377"]),
        ("survey", ["study"]),
        ("69123", ["insee-69123"]),
        ("200 046 977", ["metropole"]),
        ("200046977 00019", ["metropole"]),
        ("https://doi.org/10.1000/XYZ-1", ["study"]),
        ("absent", []),
        ("lyon absent", []),
    ],
)
def test_each_word_begins_a_word_of_a_name_or_the_whole_is_an_identifier(index, text, found):
    assert keys(index.search(text, "fr").items) == found
    assert keys(index.suggest(text, "fr")) == found


def test_an_establishment_that_is_not_known_leads_to_its_unit(index):
    assert keys(index.suggest("20004697700027", "fr")) == ["metropole"]


def ranked(tmp_path, text, *lines):
    return keys(index_of(tmp_path, "\n".join(lines)).search(text, "fr").items)


def test_an_identifier_then_a_label_then_another_name_then_a_beginning_then_words(tmp_path):
    lines = [
        *('organization/identifier label "Zéro"@fr', 'organization/identifier ess:rna "amis"'),
        'organization/label label "AMIS"@fr',
        *('organization/other label "Ycare"@fr', 'organization/other skos:altLabel "Amis"@fr'),
        'organization/beginning label "Amis du vélo"@fr',
        'organization/word label "Les amis"@fr',
        'organization/begun label "Les amisols"@fr',
        *(f"organization/x{n} org:memberOf organization/begun" for n in range(50)),
    ]
    order = ["identifier", "label", "other", "beginning", "word", "begun"]
    assert ranked(tmp_path, "amis", *reversed(lines)) == order


def test_what_more_things_point_to_comes_first_then_the_alphabet(tmp_path):
    lines = [
        *('organization/c label "Club C"@fr', 'organization/b label "Club B"@fr'),
        *('organization/a label "Club A"@fr', 'organization/known label "Club Z"@fr'),
        *(f"organization/x{n} org:memberOf organization/known" for n in range(3)),
        "organization/c#membership org:memberOf organization/c",
    ]
    assert ranked(tmp_path, "club", *lines) == ["known", "a", "b", "c"]


def test_beyond_a_thousand_links_more_make_no_difference(tmp_path):
    lines = ['organization/b label "Club B"@fr', 'organization/a label "Club A"@fr']
    lines += [f"organization/x{n} org:memberOf organization/a" for n in range(1500)]
    lines += [f"organization/x{n} org:memberOf organization/b" for n in range(3000)]
    assert ranked(tmp_path, "club", *lines) == ["a", "b"]


def test_a_point_is_a_thing_s_own_or_that_of_its_seat(tmp_path):
    index = index_of(
        tmp_path,
        """
        establishment/s label "Siège"@fr
        establishment/s schema:latitude "45.75801"^^<http://www.w3.org/2001/XMLSchema#decimal>
        establishment/s schema:longitude "4.85011"^^<http://www.w3.org/2001/XMLSchema#decimal>
        establishment/hidden label "Ailleurs"@fr
        organization/o label "Œuvre"@fr
        organization/o org:hasRegisteredSite establishment/s
        organization/o org:hasRegisteredSite establishment/hidden
        organization/without label "Sans lieu"@fr
        organization/without org:hasRegisteredSite establishment/hidden
        """,
    )
    found = index.search("", "fr", placed=True)
    shown = [hit.shown for hit in found.items]
    assert found.total == 2 and {each.path for each in shown} == {
        "establishment/s",
        "organization/o",
    }
    assert {(each.latitude, each.longitude) for each in shown} == {("45.75801", "4.85011")}
    assert keys(index.search("sans", "fr").items) == ["without"]
    assert index.search("sans", "fr", placed=True).total == 0


def names(index, lang, **asked):
    return [hit.label for hit in index.search("", lang, {"kind": ["organization"]}, **asked).items]


def test_names_come_in_the_order_of_french_dictionaries(tmp_path):
    right = [
        *("12 rue", "À vous", "A.B.C.", "Abeille", "cote", "coté", "côte", "côté", "« Élan »"),
        *("Elfe", "L'Arche", "La Zone", "Œuf", "of", "Saint Denis", "Saint-Denis", "saint denis B"),
        "Saintonge",
    ]
    shuffled = random.Random(1).sample(right, len(right))
    lines = [f'organization/o{n} label "{name}"@fr' for n, name in enumerate(shuffled)]
    found = names(index_of(tmp_path, "\n".join(lines)), "fr")
    assert [fold(name) for name in found] == [fold(name) for name in right]
    assert found.index("coté") == found.index("cote") + 1


def test_each_language_has_its_alphabet(tmp_path):
    index = index_of(
        tmp_path,
        """organization/a label "Abeille"@fr
        organization/a label "Bee"@en
        organization/b label "Renard"@fr
        organization/b label "A fox"@en""",
    )
    assert names(index, "fr") == ["Abeille", "Renard"]
    assert names(index, "en") == ["A fox", "Bee"]


def test_the_newest_first_and_what_has_no_date_last(tmp_path):
    index = index_of(
        tmp_path,
        """organization/a label "A"@fr
        organization/b label "B"@fr
        organization/b schema:foundingDate "1999"
        organization/c label "C"@fr
        organization/c schema:foundingDate "2020-02-01"
        organization/d label "D"@fr
        organization/d schema:foundingDate "2020-02"
        organization/e label "E"@fr""",
    )
    assert names(index, "fr", sort="newest") == ["C", "D", "B", "A", "E"]


def facets(index, facet, **filters):
    found = index.search("", "fr", filters, facets=[facet]).facets[facet]
    return {value.key: value.count for value in found}


def test_a_wide_value_finds_what_is_narrower(index):
    region = {"region": ["insee-region-84"], "kind": ["organization"]}
    assert keys(index.search("", "fr", region).items) == ["metropole"]
    assert keys(index.search("", "fr", {"theme": ["wide"]}).items) == ["study"]
    assert keys(index.search("", "fr", {"section": ["Q"]}).items) == ["oeuvre"]
    assert facets(index, "departement", kind=["territory"]) == {"insee-departement-69": 2}


def test_facets_are_named_in_the_readers_language_where_they_are_things(index):
    def named(lang):
        found = index.search("", lang, facets=["family", "year"]).facets
        return [(value.key, value.label, value.count) for each in found.values() for value in each]

    assert named("fr") == [("association", "association", 1), ("2015", "", 1)]
    assert named("en") == [("association", "association (en)", 1), ("2015", "", 1)]


def test_the_counts_of_a_facet_are_those_of_another_choice(index):
    assert facets(index, "kind", kind=["person"])["organization"] == 2
    assert facets(index, "kind", kind=["person"], year=["2015"]) == {"organization": 1, "person": 0}


class Counting:
    """A searcher that keeps the facets which it was asked to count."""

    def __init__(self, searcher):
        self._searcher, self.asked = searcher, []

    def aggregate(self, query, asked):
        self.asked.append(set(asked))
        return self._searcher.aggregate(query, asked)

    def __getattr__(self, name):
        return getattr(self._searcher, name)


def test_the_next_page_counts_nothing_and_facets_that_a_kind_has_not_are_not_counted(
    index, monkeypatch
):
    counting = Counting(index._searcher)
    monkeypatch.setattr(index, "_searcher", counting)
    index._counted.cache_clear()
    chosen, every = {"kind": ["territory"]}, tuple(fields.FACETS)
    first = index.search("", "fr", chosen, limit=1, facets=every)
    _what_there_is, *counted = counting.asked
    there = {name for name, values in first.facets.items() if values}
    assert "departement" in there and "year" not in there
    assert set.union(*counted) == there
    counting.asked.clear()
    second = index.search("", "fr", chosen, limit=1, offset=1, facets=every)
    assert second.facets == first.facets and second.items != first.items
    assert not counting.asked


def test_a_facet_that_is_none_is_named(index):
    for asked in ({"filters": {"colour": ["red"]}}, {"facets": ["colour"]}):
        with pytest.raises(ValueError, match="'colour' is not a facet"):
            index.search("", "fr", **asked)


def test_a_row_tells_homonyms_apart(index):
    details = {hit.label: hit.detail for hit in index.search("", "fr").items}
    assert details["Métropole de Lyon"] == "Lyon, 2015"
    assert details['L’Œuvre "solidaire"'] == "OS, –2020"
    assert details["Lyon"] == "Rhône"
    assert index.suggest("lyon", "fr", 1)[0].shown.code == "69123"


def test_labels_come_in_the_readers_language_else_in_none_else_in_the_other(index):
    def label(text, lang):
        hit = index.search(text, lang).items[0]
        return hit.label, hit.language

    assert label("metro", "fr") == ("Métropole de Lyon", "fr")
    assert label("metro", "en") == ("Lyon Metropolis", "en")
    assert label("emeline", "en") == ("Émeline Baume", "")
    assert label("oeuvre", "en") == ('L’Œuvre "solidaire"', "fr")


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "(*", "a AND", "\x00", "\\", "é" * 5000, "-" * 300, "x " * 5000]
)
def test_no_text_breaks_the_search(index, text):
    assert index.search(text, "fr").total >= 0
    assert len(index.suggest(text, "fr")) <= 8


def test_an_index_of_nothing_finds_nothing(tmp_path):
    empty = index_of(tmp_path, 'organization/a ess:siren "200046977"')
    assert empty.search("a", "fr", facets=["kind"]).facets == {"kind": []}
    assert empty.search("", "fr").total == 0


# --- A small random graph, asked both ways

WORDS = ["ami", "amis", "Vélo", "vélos", "œuf", "club", "L'Île"]
CHOICES = {"legalFamily": ["association", "cooperative", "mutual"], "sizeClass": ["NN", "00", "11"]}


@pytest.fixture(scope="module")
def invented(tmp_path_factory):
    """Organisations of a random graph, and the index of it."""
    chance = random.Random(20220511)
    things, lines = [], []
    for n in range(300):
        name = " ".join(chance.choices(WORDS, k=chance.randint(1, 3)))
        thing = {"key": f"o{n}", "name": name, "year": str(chance.randint(2000, 2004))}
        lines.append(f'organization/o{n} label "{name}"@fr')
        lines.append(f'organization/o{n} schema:foundingDate "{thing["year"]}"')
        for each, facet in (("legalFamily", "family"), ("sizeClass", "size")):
            if value := chance.choice([*CHOICES[each], None]):
                kind = {"family": "legal-family", "size": "size-class"}[facet]
                lines.append(f"organization/o{n} ess:{each} {kind}/{value}")
                thing[facet] = value
        things.append(thing)
    return things, index_of(tmp_path_factory.mktemp("invented"), "\n".join(lines))


choices = st.dictionaries(
    st.sampled_from(["family", "size", "year"]),
    st.lists(
        st.sampled_from(["association", "mutual", "NN", "11", "2001", "2004"]),
        min_size=1,
        max_size=3,
    ),
)


@settings(deadline=None)
@given(text=st.sampled_from(["", "ami", "velo", "o", "ile club"]), filters=choices)
def test_hits_and_counts_are_those_of_counting_one_by_one(invented, text, filters):
    things, index = invented

    def found(chosen):
        return [
            thing
            for thing in things
            if all(
                any(have.startswith(word) for have in fold(thing["name"]).split())
                for word in fold(text).split()
            )
            and all(thing.get(facet) in keys for facet, keys in chosen.items())
        ]

    hits = index.search(text, "fr", filters, limit=300, facets=["family", "size", "year"])
    assert hits.total == len(found(filters))
    assert set(keys(hits.items)) == {thing["key"] for thing in found(filters)}
    for facet, values in hits.facets.items():
        others = {name: chosen for name, chosen in filters.items() if name != facet}
        counts = Counter(thing[facet] for thing in found(others) if facet in thing)
        assert {value.key: value.count for value in values if value.count} == dict(counts)
        assert {*filters.get(facet, ())} <= {value.key for value in values}


def test_what_most_match_is_counted_by_what_does_not_to_the_same_values(invented, monkeypatch):
    _, index = invented
    monkeypatch.setattr("kg.search.index.VALUES", 2)
    asked, facets = [], ("family", "size", "year")
    aggregated = index._aggregated
    monkeypatch.setattr(
        index, "_aggregated", lambda query, *rest: asked.append(query) or aggregated(query, *rest)
    )
    index._whole(facets)
    asked.clear()
    matching = _Matching("", False, (("year", ("2000", "2001", "2002", "2003")),))
    total = index._number(matching)
    assert 150 < total < 300
    one_by_one, by_others = index._count(matching, facets), index._count(matching, facets, total)
    assert [[*each.items()] for each in one_by_one.values()] == [
        [*each.items()] for each in by_others.values()
    ]
    assert [index._searcher.search(each).count for each in asked] == [total, 300 - total]


@pytest.mark.parametrize("sort", ["relevance", "name", "newest"])
@pytest.mark.parametrize("text", ["", "ami"])
def test_pages_are_complete_and_do_not_overlap(invented, text, sort):
    _, index = invented
    whole = index.search(text, "fr", sort=sort, limit=300)
    pages = [index.search(text, "fr", sort=sort, limit=7, offset=n) for n in range(0, 300, 7)]
    assert {page.total for page in pages} == {whole.total}
    assert [hit for page in pages for hit in page.items] == list(whole.items)
    assert len({hit.iri for hit in whole.items}) == whole.total


# --- Folding


@given(st.text())
def test_folding_is_idempotent_and_leaves_words_of_letters_and_digits(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert folded.replace(" ", "").isalnum() or not folded


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_folding_is_blind_to_case(text):
    assert fold(text.upper()) == fold(text)


def test_folding_makes_words_of_letters_and_digits():
    assert fold("Crèche « L'Île-aux-Œufs » n° 2") == "creche l ile aux oeufs n 2"


def test_the_siren_that_begins_a_siret_comes_last():
    assert codes("200 046 977 00019") == ["20004697700019", "200046977"]
    assert code("W75-1234567") == "w751234567"


def test_what_the_graph_quotes_comes_behind_all_that_it_is_about(tmp_path):
    text = """
        source/page label "RTES"@fr
        publication/report label "Le rapport d'activité du RTES"@fr
    """
    found = index_of(tmp_path, text).search("rtes", "fr")
    assert [hit.kind for hit in found.items] == ["publication", "source"]
