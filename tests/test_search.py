"""The index: found blind to accents, case, ligatures; ranked; paged."""

import pytest

from kg.clean import fold
from kg.search import Entry, Index, write


def entry(key, label, kind="organization", en="", *names):
    return Entry(f"http://x/{key}", kind, label, en, "", (label, *names))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index") / "search"
    entries = [
        entry("baume", "Émeline Baume", "person"),
        entry("lyon", "Lyon", "territory", "", "69123"),
        entry("lyons", "Lyons-la-Forêt", "territory"),
        entry("metropole", "Métropole de Lyon", "organization", "Lyon Metropolis"),
        entry("oeuvre", "L’Œuvre solidaire", "organization", "", "OS"),
        *(entry(f"n{n:02}", f"Numéro {n:02}", "event") for n in range(45)),
    ]
    assert write(entries, folder) == len(entries)
    return Index(folder)


def keys(hits):
    return [hit.iri.removeprefix("http://x/") for hit in hits.items]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("emeline", ["baume"]),
        ("ÉMEL bau", ["baume"]),
        ("oeuvre", ["oeuvre"]),
        ("l'œuv", ["oeuvre"]),
        ("69123", ["lyon"]),
        ("os", ["oeuvre"]),
        ("foret lyons", ["lyons"]),
        ("absent", []),
        ("lyon absent", []),
    ],
)
def test_each_word_begins_a_word_of_a_name(index, text, found):
    assert keys(index.search(text, "fr")) == found


def test_the_whole_label_ranks_first(index):
    assert keys(index.search("lyon", "fr"))[0] == "lyon"
    assert set(keys(index.search("lyon", "fr"))) == {"lyon", "lyons", "metropole"}


def test_kinds_narrow_the_hits(index):
    assert keys(index.search("lyon", "fr", ("organization",))) == ["metropole"]
    assert index.search("lyon", "fr", ("person",)).total == 0


def test_labels_come_in_the_readers_language_or_in_french(index):
    labels = {lang: index.search("metro", lang).items[0].label for lang in ("fr", "en")}
    assert labels == {"fr": "Métropole de Lyon", "en": "Lyon Metropolis"}
    assert index.search("emeline", "en").items[0].label == "Émeline Baume"


def test_pages_are_complete_and_do_not_overlap(index):
    pages = [index.search("", "fr", ("event",), 20, offset) for offset in (0, 20, 40, 60)]
    assert {page.total for page in pages} == {45}
    assert [key for page in pages for key in keys(page)] == [f"n{n:02}" for n in range(45)]


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "(*", "a AND", "\x00", "\\", "é" * 5000, "-" * 300]
)
def test_no_text_breaks_the_search(index, text):
    assert index.search(text, "fr").total >= 0


def test_folding_makes_words_of_letters_and_digits():
    assert fold("Crèche « L'Île-aux-Œufs » n° 2") == "creche l ile aux oeufs n 2"
