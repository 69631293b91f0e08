"""The review of similar things: what is proposed, what a person wrote stays, what is accepted."""

import csv
import json
from shutil import copytree

import duckdb
import pytest

from kg import fmt
from kg.cli import main
from kg.errors import InputError, MissingColumn
from kg.iri import BASE
from kg.link import review, similar
from kg.release import Release
from kg.vocab import DCTERMS, ESS, FOAF, ORG, RDFS, SKOS

from .test_link import W1, A, B, says, thing

LYON, NICE = "territory/insee-69123", "territory/insee-06088"
SAMPLE = "tests/sources/curated"


def named(key, name, commune=None, kind="organization", predicate=SKOS.prefLabel):
    """The statements of a thing with a name, and a commune with its département."""
    subject = f"<{thing(key, kind)}>"
    rows = [(subject, str(p), f'"{name}"@fr', "s") for p in {RDFS.label, predicate}]
    if commune:
        departement = f"territory/insee-departement-{commune[-5:-3]}"
        rows.append((subject, str(ESS.commune), f"<{BASE}id/{commune}>", "s"))
        rows.append((subject, str(ESS.departement), f"<{BASE}id/{departement}>", "s"))
    return rows


PLACES = [
    (f"<{BASE}id/{LYON}>", str(SKOS.prefLabel), '"Lyon"@fr', "s"),
    (f"<{BASE}id/{NICE}>", str(SKOS.prefLabel), '"Nice"@fr', "s"),
]


def proposed(*rows, least=90, settled=()):
    """(key, other, score, evidence) of what is proposed."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE stated "
            "(subject VARCHAR, predicate VARCHAR, object VARCHAR, source VARCHAR)"
        )
        flat = [*PLACES, *(row for group in rows for row in group)]
        connection.executemany("INSERT INTO stated VALUES (?, ?, ?, ?)", flat)
        found = similar.candidates(connection, least, settled)
    return [
        (each.first.split("/")[-1], each.second.split("/")[-1], each.score, each.evidence)
        for each in found
    ]


# What is proposed


def test_names_that_are_alike_in_one_commune_are_proposed():
    rows = (
        named("mes", "La Maison de l'Économie Sociale", LYON),
        named(f"siren-{A}", "MAISON DE L ECONOMIE SOCIALES", LYON),
    )
    assert proposed(*rows, [says(f"siren-{A}", ESS.siren, A)]) == [
        ("mes", f"siren-{A}", 98, "name 98, same commune")
    ]


def test_names_that_are_alike_elsewhere_are_not():
    one = named("mes", "Maison de l'économie sociale", LYON)
    other = named(f"siren-{A}", "Maison de l'économie sociale", NICE)
    assert proposed(one, other, [says(f"siren-{A}", ESS.siren, A)]) == []


def test_the_same_words_in_one_departement_are_proposed_with_a_lower_score():
    one = named("mes", "Œuvre sociale du quartier", "territory/insee-69266")
    other = named(f"siren-{A}", "OEUVRE SOCIALE DU QUARTIER", LYON)
    (found,) = proposed(one, other, [says(f"siren-{A}", ESS.siren, A)])
    assert found[2:] == (95, "name 100, same département")


def test_the_same_words_are_proposed_where_a_place_is_not_known():
    one, other = named("rtes", "Le RTES"), named(f"siren-{A}", "R.T.E.S.", LYON)
    assert proposed(one, other, [says(f"siren-{A}", ESS.siren, A)]) == []
    other = named(f"siren-{A}", "RTES", LYON)
    (found,) = proposed(one, other, [says(f"siren-{A}", ESS.siren, A)])
    assert found[2:] == (90, "name 100, place unknown")


def test_things_that_each_have_a_siren_are_two():
    one, other = named(f"siren-{A}", "Citiz", LYON), named(f"siren-{B}", "Citiz", LYON)
    numbers = [says(f"siren-{A}", ESS.siren, A), says(f"siren-{B}", ESS.siren, B)]
    assert proposed(one, other, numbers) == []


def test_things_that_share_an_identifier_that_was_not_followed_are_proposed_all_the_same():
    one, other = named(f"siren-{A}", "Un nom", LYON), named(f"siren-{B}", "Un autre", NICE)
    numbers = [
        says(f"siren-{A}", ESS.siren, A),
        says(f"siren-{B}", ESS.siren, B),
        says(f"siren-{A}", ESS.rna, W1),
        says(f"siren-{B}", ESS.rna, W1),
    ]
    assert proposed(one, other, numbers) == [
        (f"siren-{B}", f"siren-{A}", 100, f"both have rna-{W1}")
    ]


def test_people_and_publications_are_compared_by_name_alone():
    people = [
        named("a", "Émeline Baume", kind="person", predicate=FOAF.name),
        named("b", "Emeline Baume", kind="person", predicate=FOAF.name),
        named("c", "Emeline Baume", kind="publication", predicate=DCTERMS.title),
    ]
    assert proposed(*people) == [("a", "b", 100, "name 100")]


def test_a_word_that_many_share_compares_nobody():
    rows = [named(f"o{n}", f"Amicale n{n}", LYON) for n in range(similar.RARE + 1)]
    assert proposed(*rows, least=1) == []


def test_what_is_decided_or_known_to_be_two_is_not_proposed():
    one, other = named("a", "Réseau Cocagne", LYON), named("b", "Réseau Cocagne", LYON)
    assert len(proposed(one, other)) == 1
    assert proposed(one, other, settled=[(thing("b"), thing("a"))]) == []
    unit = [(f"<{thing('a')}>", str(ORG.unitOf), f"<{thing('b')}>", "s")]
    assert proposed(one, other, unit) == []
    after = [(f"<{thing('b')}>", str(DCTERMS.isReplacedBy), f"<{thing('a')}>", "s")]
    assert proposed(one, other, after) == []


# The table


@pytest.fixture
def place(tmp_path):
    """A release whose organisations avise and siren-A are alike, its table, a data folder."""
    rows = [
        *named("avise", "Avise conseil", LYON),
        *named(f"siren-{A}", "AVISE CONSEIL", LYON),
        *named("rtes", "Rtes conseil", LYON),
        *named(f"siren-{B}", "RTES CONSEILS", LYON),
        says(f"siren-{A}", ESS.siren, A),
        says(f"siren-{B}", ESS.siren, B),
        *PLACES,
    ]
    folder = tmp_path / "release"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t (subject TEXT, predicate TEXT, object TEXT, source TEXT)"
        )
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
        connection.execute(
            f"COPY (SELECT * EXCLUDE source, [source] AS sources FROM t ORDER BY ALL) "
            f"TO '{folder / 'statements.parquet'}'"
        )
    (folder / "manifest.json").write_text(json.dumps({"id": "2026-11-24-1", "base": BASE}))
    data = copytree(SAMPLE, tmp_path / "data")

    class Place:
        release = Release(folder)
        table = tmp_path / "var" / "review" / "links.csv"
        links = data / "links.csv"

        def review(self, least=90, limit=1000):
            return review.review(self.release, self.table, self.links, least, limit)

        def rows(self):
            with self.table.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))

        def write(self, number, **cells):
            rows = self.rows()
            rows[number] |= cells
            with self.table.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, review.COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    return Place()


def test_the_table_has_the_best_first_and_says_what_there_is_to_see(place):
    found = place.review()
    assert (found.waiting, found.decided, found.more) == (2, 0, 0)
    first, second = place.rows()
    assert list(first) == list(review.COLUMNS)
    assert first == dict.fromkeys(review.COLUMNS, "") | {
        "kind": "organization",
        "key": "avise",
        "other": f"siren-{A}",
        "names": "Avise conseil / AVISE CONSEIL",
        "commune": "Lyon",
        "score": "100",
        "evidence": "name 100, same commune",
    }
    assert int(second["score"]) < 100


def test_what_exceeds_the_limit_is_counted(place):
    assert (place.review(limit=1).waiting, place.review(limit=1).more) == (1, 1)
    assert len(place.rows()) == 1


def test_the_same_release_gives_the_same_table(place):
    place.review()
    before = place.table.read_bytes()
    place.review()
    assert place.table.read_bytes() == before


def test_what_a_person_wrote_stays_and_is_not_proposed_again(place):
    place.review()
    place.write(1, decision="not-same", reason="Deux réseaux.")
    found = place.review(least=100)
    assert (found.waiting, found.decided) == (1, 1)
    assert [row["decision"] for row in place.rows()] == ["", "not-same"]


def test_a_note_without_a_decision_stays_too(place):
    place.review()
    place.write(1, reason="À vérifier.")
    assert (place.review(least=100).waiting, place.rows()[1]["reason"]) == (2, "À vérifier.")


def test_a_decided_row_moves_into_the_curated_table_in_canonical_form(place):
    place.review()
    place.write(0, decision="same", reason="Même siège.", author="équipe", date="2026-11-24")
    assert review.accept(place.table, place.links, "", "2026-11-25") == 1
    text = place.links.read_text(encoding="utf-8")
    line = f"organization,avise,same,siren-{A},Même siège.,équipe,2026-11-24"
    assert line in text.splitlines()
    assert text == fmt.canonical(place.links)
    assert [row["key"] for row in place.rows()] == ["rtes"]
    assert place.review().waiting == 1
    assert review.accept(place.table, place.links, "", "2026-11-25") == 0


def test_author_and_date_may_be_given_for_all_rows(place):
    place.review()
    place.write(0, decision="same", reason="Même siège.")
    review.accept(place.table, place.links, "équipe", "2026-11-25")
    assert "Même siège.,équipe,2026-11-25" in place.links.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"decision": "yes"}, r"line 2, column 'decision': 'yes' is not a decision"),
        (
            {"decision": "same", "author": "é"},
            r"links\.csv, line 2, column 'reason': '' is empty",
        ),
        ({"decision": "same", "reason": "R"}, r"line 2, column 'author': '' is empty"),
        (
            {"decision": "same", "reason": "R", "author": "é", "date": "hier"},
            r"line 2, column 'date': 'hier' is not a date",
        ),
        (
            {"decision": "same", "reason": "R", "author": "é", "key": "avis"},
            r"line 2, column 'key': 'avis' is not a key of organizations\.csv.*'avise'",
        ),
    ],
)
def test_a_row_that_cannot_be_accepted_is_named_and_none_is_moved(place, cells, problem):
    place.review()
    place.write(1, decision="not-same", reason="R", author="é", date="2026-11-24")
    place.write(0, **cells)
    before = place.links.read_bytes(), place.table.read_bytes()
    with pytest.raises(InputError, match=problem) as raised:
        review.accept(place.table, place.links, "", "2026-11-25")
    assert raised.value.file == place.table
    assert (place.links.read_bytes(), place.table.read_bytes()) == before


def test_a_decision_against_one_that_was_made_is_named(place):
    place.review()
    with place.links.open("a", encoding="utf-8") as file:
        file.write(f"organization,avise,same,siren-{A},R,é,2026-11-24\n")
    place.write(0, decision="not-same", reason="R", author="é")
    with pytest.raises(InputError, match="stands twice"):
        review.accept(place.table, place.links, "", "2026-11-25")


def test_a_table_without_its_columns_is_named(place):
    place.table.parent.mkdir(parents=True)
    place.table.write_text("kind,key\norganization,a\n", encoding="utf-8")
    with pytest.raises(MissingColumn, match="column 'other': the column is missing"):
        place.review()


def test_nothing_to_accept_is_no_error(place):
    assert review.accept(place.table, place.links, "", "2026-11-25") == 0
    assert not place.table.exists()


def test_the_commands_say_what_they_did(place, monkeypatch, capfdbinary, tmp_path):
    var = tmp_path / "var"
    (var / "releases").mkdir(parents=True)
    (var / "releases" / "2026-11-24-1").symlink_to(place.release.folder)
    (var / "releases" / "current").symlink_to(place.release.folder)
    monkeypatch.setenv("KG_VAR", str(var))
    monkeypatch.setattr("kg.settings.DATA", place.links.parent)
    main(["link", "review", "--limit", "1"])
    out = capfdbinary.readouterr().out.decode()
    assert "1 to decide, 0 decided; 1 more with lower scores (--limit)" in out
    place.write(0, decision="same", reason="Même siège.")
    main(["link", "accept", "--author", "équipe", "--date", "2026-11-24"])
    assert "links.csv: 1 added" in capfdbinary.readouterr().out.decode()
