"""HAL: answers of its search service (`/search/`) and of its author directory (`/ref/author/`).

Both are Solr's JSON: `response.docs`, a list of objects. A field is there only if it was asked
for, so none is required but an identifier and a title or `label_s`, the citation. `label_s` is
HTML, with the document's identifiers between angle brackets at its end. What belongs together
stands in one string, `<name>_FacetSep_<identifier>`. A row's lists have a line for each value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from kg import clean
from kg.clean import UNKNOWN_LANGUAGE, web
from kg.errors import InputError
from kg.sources import Triple, markup
from kg.sources.credits import Credit
from kg.sources.publications.works import (
    INSTITUTION,
    LABORATORY,
    SUPERVISOR,
    UNDETERMINED,
    Author,
    Work,
    describe,
    isbn,
    language,
    person_iri,
    take,
    values,
)
from kg.sources.rows import LeftOut, Row, RowError, checked

# HAL's types of documents to ours.
TYPES = {
    "ART": "journal-article",
    "BLOG": "news-article",
    "COMM": "conference-paper",
    "COUV": "book-chapter",
    "DOUV": "book",
    "ETABTHESE": "thesis",
    "HDR": "thesis",
    "ISSUE": "special-issue",
    "LECTURE": UNDETERMINED,
    "MEM": "thesis",
    "NOTE": UNDETERMINED,
    "NOTICE": UNDETERMINED,
    "OTHER": UNDETERMINED,
    "OUV": "book",
    "POSTER": "conference-paper",
    "PRESCONF": "conference-paper",
    "PROCEEDINGS": "proceedings",
    "REPACT": "activity-report",
    "REPORT": "report",
    "THESE": "thesis",
    "TRAD": UNDETERMINED,
    "UNDEFINED": "preprint",
}
NOT_TEXTS = {"CREPORT", "IMG", "MAP", "PATENT", "SON", "SOFTWARE", "VIDEO"}
_HAL = re.compile(r"https?://[^/\s]+/([a-z][a-z0-9]*[-_]\d{8})(?:v\d+)?/?")
_CITED_DOI = re.compile(r"⟨(10\.\d{4,9}/[^⟩]+)⟩")
_SEPARATOR = "_FacetSep_"


def records(path: Path) -> Iterator[Row | LeftOut]:
    """The documents of an answer. `InputError` for what is not one."""
    try:
        answer = json.loads(markup.read_text(path))
        documents = answer["response"]["docs"]
        rows = [_row(number, document, path) for number, document in enumerate(documents, 1)]
    except json.JSONDecodeError as error:
        raise InputError(f"is not JSON: {error.msg}", path, error.lineno) from None
    except (AttributeError, KeyError, TypeError):
        raise InputError(
            "is not an answer of HAL: it has no response.docs",
            path,
            mend="save what https://api.archives-ouvertes.fr/search/?wt=json answers",
        ) from None
    for row in rows:
        if row.get("docType_s") in NOT_TEXTS:
            yield LeftOut("HAL: image, sound, map, software or patent, no text")
        elif "fullName_s" in row and not (row.get("idHal_s") or row.get("orcidId_s")):
            yield LeftOut("HAL: author without IdHAL or ORCID")
        else:
            yield row


def _row(number: int, document: dict[str, object], path: Path) -> Row:
    """A document as text: a list's values on a line each. The line is its place in the list."""
    values = {name: _lines(value) for name, value in document.items()}
    return Row(values | {"format": "hal"}, path, number)


def _lines(value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return "\n".join(" ".join(str(each).split()) for each in values)


def triples(row: Row) -> Iterator[Triple]:
    """An author of the directory. Their e-mail addresses, hashed or not, are not looked at."""
    name = take(row, "fullName_s")
    orcids = [checked("orcidId_s", each, clean.orcid) for each in values(row, "orcidId_s")]
    author = Author(name, take(row, "idHal_s"), next(iter(orcids), ""))
    yield from describe(person_iri(author), author)


def work(row: Row) -> Work:
    """The work that a document of the search service is; pops what it reads."""
    citation = take(row, "label_s")
    languages = [checked("language_s", each, language) for each in values(row, "language_s")]
    page = row.pop("uri_s", "")
    return Work(
        type=_type(row.pop("docType_s", "")),
        titles=_titles(row, languages),
        citation=citation,
        issued=row.pop("producedDate_s", "") or row.pop("publicationDate_s", ""),
        languages=languages,
        hal=_identifier(row, page),
        doi=_doi(row, citation),
        isbn=[found for each in values(row, "isbn_s") for found in isbn(each)],
        pages=[checked("uri_s", page, web)] if page else [],
        authors=_authors(row),
        credits=_credits(row),
        publisher=", ".join(values(row, "publisher_s")),
        container=_container(row),
        keywords=_in_languages(row, "keyword", languages),
    )


def _type(code: str) -> str:
    try:
        return TYPES[code] if code else UNDETERMINED
    except KeyError:
        mend = "add it to TYPES in kg/sources/publications/hal.py"
        raise RowError("docType_s", code, "is not a type of document", mend) from None


def _identifier(row: Row, page: str) -> str:
    """The HAL identifier, without version: its own field, else from the page's address."""
    stated = re.sub(r"v\d+$", "", row.pop("halId_s", ""))
    if stated or not page:
        return stated
    found = _HAL.fullmatch(page)
    if not found:
        raise RowError("uri_s", page, "is not the address of a document in HAL")
    return found[1]


def _doi(row: Row, citation: str) -> str:
    """The DOI: its own field, else where the citation has it between angle brackets."""
    cited = _CITED_DOI.search(citation)
    stated = take(row, "doiId_s") or (cited[1] if cited else "")
    return checked("doiId_s", stated, clean.doi) if stated else ""


def _in_languages(row: Row, name: str, languages: list[str]) -> list[tuple[str, str]]:
    """Values by language (`fr_title_s`), then those of the field that tells none (`title_s`)."""
    found = []
    for field in [each for each in row if re.fullmatch(rf"[a-z]{{2}}_{name}_s", each)]:
        found += [(value, field[:2]) for value in values(row, field)]
    known = {value for value, _ in found}
    only = languages[0] if len(languages) == 1 else UNKNOWN_LANGUAGE
    return found + [(value, only) for value in values(row, f"{name}_s") if value not in known]


def _titles(row: Row, languages: list[str]) -> list[tuple[str, str]]:
    """One title for each language, the first."""
    titles = {code: title for title, code in reversed(_in_languages(row, "title", languages))}
    return sorted(((title, code) for code, title in titles.items()), key=lambda each: each[1])


def _authors(row: Row) -> list[Author]:
    """Authors with their IdHAL, where names and identifiers come together."""
    names = values(row, "authFullName_s")
    pairs = [each.split(_SEPARATOR) for each in values(row, "authFullNameIdHal_fs")]
    return [Author(pair[0], pair[-1] if len(pair) > 1 else "") for pair in pairs] or [
        Author(name) for name in names
    ]


def _credits(row: Row) -> list[Credit]:
    """Supervisors, laboratories and the institutions that they belong to: HAL tells them apart."""
    institutions = values(row, "authorityInstitution_s", "instStructName_s")
    return [
        *(Credit(name, SUPERVISOR) for name in values(row, "director_s")),
        *(Credit(name, LABORATORY) for name in dict.fromkeys(values(row, "labStructName_s"))),
        *(Credit(name, INSTITUTION) for name in dict.fromkeys(institutions)),
    ]


def _container(row: Row) -> str:
    """The journal, the book or the conference in which it came out."""
    return take(row, "journalTitle_s", "bookTitle_s", "conferenceTitle_s")
