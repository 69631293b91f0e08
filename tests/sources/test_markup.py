"""XML and HTML of strangers: read, refused with the line, never obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import InputError, MissingFile
from kg.sources import markup


def written(tmp_path, content):
    path = tmp_path / "feed.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def bomb():
    """Ten to the eleventh letters, if it were read as it says."""
    entities = '<!ENTITY a0 "ha">'
    for number in range(1, 12):
        entities += f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">'
    return f"<!DOCTYPE rss [{entities}]>\n<rss>&a11;</rss>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<rss>\n<channel></rss>", "line 2: the XML cannot be read: Opening and ending tag"),
        ("", "line 1: the XML cannot be read: Document is empty"),
        ("no XML", "line 1: the XML cannot be read: Start tag expected"),
        ("<rss>\n\n&nbsp;</rss>", "line 3: the XML cannot be read: Entity 'nbsp' not defined"),
        (
            '<?xml version="1.0" encoding="utf-8"?>\n<rss>\nété</rss>'.encode("latin-1"),
            "line 3: the XML cannot be read: Invalid bytes in character encoding",
        ),
        ('<?xml version="1.0" encoding="ebcdic-9"?><rss/>', "line 1: the XML cannot be read"),
        (bomb(), "the XML cannot be read: Maximum entity amplification"),
        (
            '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<rss>&b;</rss>',
            "the file declares XML entities",
        ),
        (
            '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
            "the file declares XML entities",
        ),
        ("<a>" * 5_000 + "</a>" * 5_000, "the XML cannot be read: Excessive depth"),
    ],
)
def test_what_is_not_well_formed_or_may_be_a_trap_is_named_with_its_line(
    tmp_path, content, message
):
    with pytest.raises(InputError) as raised:
        markup.xml(written(tmp_path, content))
    assert f"feed.xml, line {raised.value.line}: " in str(raised.value)
    assert message in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    for read in (markup.xml, markup.read_text):
        with pytest.raises(MissingFile, match=r"nothing\.xml: cannot be read: No such file"):
            read(tmp_path / "nothing.xml")


def test_a_dtd_elsewhere_is_not_fetched(tmp_path):
    (tmp_path / "trap.dtd").write_text('<!ENTITY name "trap">')
    content = f'<!DOCTYPE rss SYSTEM "{tmp_path.as_uri()}/trap.dtd"><rss>text</rss>'
    assert markup.xml(written(tmp_path, content)).text == "text"
    content = f'<!DOCTYPE rss SYSTEM "{tmp_path.as_uri()}/trap.dtd"><rss>&name;</rss>'
    with pytest.raises(InputError, match="&name; is declared elsewhere"):
        markup.xml(written(tmp_path, content))


def test_a_prefix_without_declaration_is_part_of_the_name(tmp_path):
    root = markup.xml(written(tmp_path, "<rss><itunes:author>A</itunes:author></rss>"))
    assert [child.tag for child in root] == ["itunes:author"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_an_encoding_that_the_file_states_is_read(tmp_path, encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?><rss>été</rss>'.encode(encoding)
    assert markup.xml(written(tmp_path, content)).text == "été"


def test_text_in_another_encoding_is_named_with_its_line(tmp_path):
    path = written(tmp_path, "un\ndeux\nété".encode("latin-1"))
    with pytest.raises(InputError, match=r"line 3: the file is not UTF-8 text.*save it again"):
        markup.read_text(path)
    assert markup.read_text(path, "latin-1").endswith("été")
    with pytest.raises(InputError, match="'klingon' is not an encoding"):
        markup.read_text(path, "klingon")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a < b & c", "a < b & c"),
        ("un<br>deux<p>trois</p>quatre", "un deux trois quatre"),
        ("L’<b>Avise</b>,<i> oui</i>", "L’Avise, oui"),
        ("<script>alert('x')</script>oui<style>p {}</style>", "oui"),
        ("&#x27E8;hal&#x27E9; &amp;amp;", "⟨hal⟩ &amp;"),
        ("<li>un</li><li>deux</li>", "un deux"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_that_a_reader_sees(content, text):
    assert markup.plain(content) == text


@given(st.text())
def test_any_text_becomes_one_clean_line(content):
    plain = markup.plain(content)
    assert plain == " ".join(plain.split())


def test_lines_are_the_blocks_of_an_element():
    page = markup.document("<body><h1>Un</h1>deux <b>trois</b><p></p><ul><li>quatre</ul></body>")
    assert markup.lines(page) == ["Un", "deux trois", "quatre"]
