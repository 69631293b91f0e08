"""Cleaning of single values."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse

from kg import clean
from kg.iri import KEY

ANY = st.text(alphabet=st.characters(exclude_categories=[]), max_size=60)


@given(ANY)
def test_clean_text_is_stable_and_makes_parseable_n_triples(value):
    cleaned = clean.text(value)
    assert clean.text(cleaned) == cleaned
    assert cleaned == unicodedata.normalize("NFC", cleaned).strip()
    line = f"<x:s> <x:p> {Literal(cleaned)} ."
    (quad,) = parse(line, format=RdfFormat.N_TRIPLES)
    assert quad.object.value == cleaned


@given(ANY)
def test_a_web_address_is_an_iri_of_the_web_or_refused(value):
    for candidate in (value, f"https://example.org/{value}"):
        try:
            node = clean.web(candidate)
        except ValueError:
            continue
        assert node.value.startswith(("http://", "https://"))
        line = f"<x:s> <x:p> {node} ."
        assert len(list(parse(line, format=RdfFormat.N_TRIPLES))) == 1


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "ftp://x/", "//x/", "https://", "x", "data:,"]
)
def test_other_addresses_are_refused(value):
    with pytest.raises(ValueError, match="web address"):
        clean.web(value)


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(2999, 12, 31)))
def test_a_date_keeps_its_precision(value):
    text = value.isoformat()
    kinds = [clean.day(text[:length]).datatype.value.rpartition("#")[2] for length in (4, 7, 10)]
    assert kinds == ["gYear", "gYearMonth", "date"]


@pytest.mark.parametrize(
    "value", ["", "2019-13", "2019-02-30", "19", "2019-1-1", "11/05/2022", "٢٠١٩", "2019-11 "]
)
def test_what_is_no_date_is_refused(value):
    with pytest.raises(ValueError, match="write YYYY"):
        clean.day(value)


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(2999, 12, 31)))
def test_a_date_may_be_written_as_french_registers_do(value):
    year, month, day = value.isoformat().split("-")
    for text in (f"{day}/{month}/{year}", f"{int(day)}.{month}.{year}", f"{value} 00:00:00"):
        assert clean.french_day(text) == clean.day(value.isoformat())
    assert clean.french_day(f"{month}/{year}") == clean.day(f"{year}-{month}")


@given(ANY)
def test_a_slug_is_a_key_or_nothing_and_the_same_again(value):
    key = clean.slug(value)
    assert key == "" or KEY.fullmatch(key)
    assert clean.slug(key) == key


@pytest.mark.parametrize("value", ["5910", "591000", "00100", "5910O", "", "[ND]"])
def test_what_is_no_postal_code_is_refused(value):
    with pytest.raises(ValueError, match="postal code"):
        clean.postal_code(value)


def test_nine_zeros_have_a_right_check_digit_and_are_no_siren():
    with pytest.raises(ValueError, match="is not a SIREN"):
        clean.siren("000000000")


@given(st.integers(1, 99_999_999))
def test_exactly_one_check_digit_makes_a_siren(body):
    right = 0
    for digit in range(10):
        try:
            clean.siren(f"{body:08}{digit}")
            right += 1
        except ValueError:
            pass
    assert right == 1


@given(st.integers(0, 10**7))
def test_numbers_and_durations_are_written_as_the_store_writes_them(number):
    store = Store()
    for literal in (
        clean.integer(f"00{number}"),
        clean.decimal(f"{number}.50"),
        clean.duration(f"PT{number}S"),
        clean.duration(f"PT{number}M"),
        clean.duration(f"PT{number % 100}H{number % 1000}M{number}S"),
    ):
        node = NamedNode("x:n")
        store.add(Quad(node, node, literal))
        (quad,) = store
        assert quad.object == literal
        store.clear()


@pytest.mark.parametrize("value", ["", "PT", "P", "20", "PT1X", "PT-1M", "1H", "PT1.5S"])
def test_what_is_no_duration_is_refused(value):
    with pytest.raises(ValueError, match="write PT"):
        clean.duration(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a.b+c@mail.example.org, merci", "…, merci"),
        ("<a href='mailto:a@example.org'>", "<a href='…'>"),
        ("Tél. 01 23 45 67 89.", "Tél. …."),
        ("+33 (0)1.23.45.67.89 ou 0123456789", "… ou …"),
        ("le 01 02 2022, 2021-11-05, n° 0612345", "le 01 02 2022, 2021-11-05, n° 0612345"),
        ("https://example.org/0123456789", "https://example.org/0123456789"),
        ("@ess et l'ESS @ 9 h", "@ess et l'ESS @ 9 h"),
        ("a@b", "a@b"),
    ],
)
def test_contacts_are_taken_out_and_nothing_else(value, kept):
    assert clean.without_contacts(value) == kept


@pytest.mark.parametrize("value", ["a" * 200_000, "a@" * 100_000, "a@b." * 50_000, "0 " * 100_000])
def test_looking_for_contacts_takes_no_longer_than_the_text(value):
    assert "@a" not in clean.without_contacts(value) or value.startswith("a@a")


@pytest.mark.parametrize(
    "value", ["0000-0002-1825-0098", "0000-0002-1825-009", "https://orcid.org/", "ORCID"]
)
def test_an_orcid_with_a_wrong_digit_is_refused(value):
    with pytest.raises(ValueError, match="is not an ORCID"):
        clean.orcid(value)
    assert clean.orcid("0000-0001-5109-3700") == "0000-0001-5109-3700"
    assert clean.orcid("http://orcid.org/0000-0002-1694-233X") == "0000-0002-1694-233X"
