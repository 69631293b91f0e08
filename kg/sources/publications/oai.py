"""OAI-PMH: responses with records in `oai_dc`, as `kg.fetch.pages` saves them.

Simple Dublin Core says little of what its values are. `dc:identifier` holds addresses, DOIs, ISBNs
and the archive's own; `dc:contributor` mixes laboratories, universities and supervisors. Of a
contributor the words tell the role (`ROLES`); a name of two to four words without any of these, in
a thesis, is a supervisor's; what remains is undetermined. The basis is stated each time.

A row has a line for each value of an element, its language before a tab.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from kg import clean
from kg.clean import UNKNOWN_LANGUAGE, fold, text, web, without_contacts
from kg.errors import InputError
from kg.sources import markup
from kg.sources.credits import Credit
from kg.sources.publications.works import (
    INSTITUTION,
    LABORATORY,
    SUPERVISOR,
    UNDETERMINED,
    Author,
    Work,
    direct,
    isbn,
    language,
)
from kg.sources.rows import LeftOut, Row, RowError, checked

OAI = "{http://www.openarchives.org/OAI/2.0/}"
OAI_DC = "{http://www.openarchives.org/OAI/2.0/oai_dc/}"
DC = "{http://purl.org/dc/elements/1.1/}"
TEI = "{http://www.tei-c.org/ns/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Types of the info:eu-repo vocabulary to ours.
SEMANTICS = "info:eu-repo/semantics/"
TYPES = {
    "annotation": UNDETERMINED,
    "article": "journal-article",
    "bachelorThesis": "thesis",
    "book": "book",
    "bookPart": "book-chapter",
    "bookReview": UNDETERMINED,
    "conferenceContribution": "conference-paper",
    "conferenceItem": "conference-paper",
    "conferenceObject": "conference-paper",
    "conferencePaper": "conference-paper",
    "conferencePoster": "conference-paper",
    "conferenceProceedings": "proceedings",
    "contributionToPeriodical": UNDETERMINED,
    "doctoralThesis": "thesis",
    "lecture": UNDETERMINED,
    "masterThesis": "thesis",
    "other": UNDETERMINED,
    "preprint": "preprint",
    "report": "report",
    "reportPart": UNDETERMINED,
    "researchProposal": UNDETERMINED,
    "review": UNDETERMINED,
    "studentThesis": "thesis",
    "technicalDocumentation": "technical-report",
    "workingPaper": "preprint",
}
NOT_TEXTS = {"dataset", "image", "patent", "software", "sound", "video"}
# Statements about access and version that stand among the types.
_NO_TYPE = re.compile(r"(open|closed|restricted|embargoed)Access|(draft|\w+)Version")
# Words, folded, that tell what a contributor is, in this order.
ROLES = (
    (SUPERVISOR, {"dir", "directeur", "directrice", "direction", "supervisor", "encadrant"}),
    (
        LABORATORY,
        {"laboratoire", "laboratory", "labo", "umr", "upr", "ea", "unite", "equipe", "centre"}
        | {"center", "observatoire", "chaire"},
    ),
    (
        INSTITUTION,
        {"universite", "university", "ecole", "institut", "institute", "inalco", "cnrs", "inrae"}
        | {"ministere", "iep", "ehess", "cnam", "school", "college", "comue"},
    ),
)
_MARK = re.compile(r"\s*\((?:dir|directeur|directrice|supervisor|encadrant)[^)]*\)", re.IGNORECASE)
_HAL = re.compile(r"(?:oai:HAL:|https?://[^/\s]*hal[^/\s]*/)?([a-z][a-z0-9]*[-_]\d{8})(?:v\d+)?")
_DOI = re.compile(r"(?:doi\s*:?\s*|info:doi/|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)", re.I)
_ISBN = re.compile(r"(?:(?:urn:)?isbn\s*:?\s*)(97[89][\d-]{10,14})", re.I)


def records(path: Path) -> Iterator[Row | LeftOut]:
    """The records of a saved response. `InputError` for an error that the archive answered, and
    for a file that is none.
    """
    root = markup.xml(path)
    if root.tag == f"{TEI}TEI":
        yield LeftOut("TEI document: the record is in HAL's JSON and in oai_dc")
        return
    if root.tag != f"{OAI}OAI-PMH":
        raise InputError(
            "is not an OAI-PMH response",
            path,
            root.sourceline,
            mend="save what the archive answers to verb=ListRecords&metadataPrefix=oai_dc",
        )
    for error in root.findall(f"{OAI}error"):
        if error.get("code") != "noRecordsMatch":
            raise InputError(
                f"the archive answered an error: {text(error.text or '')}",
                path,
                error.sourceline,
                value=error.get("code"),
            )
    for record in root.iter(f"{OAI}record"):
        yield _record(record, path)


def _record(record: etree._Element, path: Path) -> Row | LeftOut:
    header, described = record.find(f"{OAI}header"), record.find(f".//{OAI_DC}dc")
    if header is not None and header.get("status") == "deleted":
        return LeftOut("OAI-PMH: record deleted by the archive")
    values: dict[str, str] = {"format": "oai", "oai:identifier": ""}
    if header is not None:
        values["oai:identifier"] = text(header.findtext(f"{OAI}identifier", ""))
    for child in described if described is not None else ():
        name = str(child.tag).replace(DC, "dc:")
        value = " ".join("".join(child.itertext()).split())
        line = f"{child.get(LANG, '')}\t{value}"
        values[name] = f"{values[name]}\n{line}" if name in values else line
    types = {each.removeprefix(SEMANTICS) for each in values.get("dc:type", "").split()}
    if types & NOT_TEXTS and not types & TYPES.keys():
        return LeftOut("OAI-PMH: image, sound, data or software, no text")
    return Row(values, path, record.sourceline or 0)


def said(row: Row, name: str) -> list[tuple[str, str]]:
    """Pop the values of an element: (text, ISO 639 code of its language or "")."""
    found = []
    for line in filter(None, row.pop(name, "").split("\n")):
        code, _, value = line.partition("\t")
        if value := without_contacts(markup.plain(value)):
            found.append((value, code[:2].lower()))
    return found


def work(row: Row) -> Work:
    """The work that a record describes; pops what it reads."""
    languages = [checked("dc:language", each, language) for each, _ in said(row, "dc:language")]
    kind = _type([each for each, _ in said(row, "dc:type")])
    found = Work(
        type=kind,
        titles=_titles(row, languages[0] if len(languages) == 1 else UNKNOWN_LANGUAGE),
        issued=_issued([each for each, _ in said(row, "dc:date")]),
        languages=list(dict.fromkeys(filter(None, languages))),
        authors=[Author(direct(each)) for each, _ in said(row, "dc:creator")],
        credits=[contributor(each, kind) for each, _ in said(row, "dc:contributor")],
        publisher=", ".join(each for each, _ in said(row, "dc:publisher")),
        container=next((each for each, _ in said(row, "dc:source") if not _is_address(each)), ""),
        keywords=[(each, code or "") for each, code in said(row, "dc:subject")],
    )
    found.keywords += said(row, "dc:coverage")
    _identify(found, row)
    return found


def _titles(row: Row, only: str) -> list[tuple[str, str]]:
    """One title for each language, the first; `only` where none is stated."""
    stated = [(title, code or only) for title, code in said(row, "dc:title")]
    return list({code: (title, code) for title, code in reversed(stated)}.values())


def _type(stated: list[str]) -> str:
    """The type that the info:eu-repo vocabulary gives; free words are no code."""
    codes = [each.removeprefix(SEMANTICS) for each in stated if each.startswith(SEMANTICS)]
    for code in codes:
        if code in TYPES:
            return TYPES[code]
        if not _NO_TYPE.fullmatch(code):
            mend = "add it to TYPES in kg/sources/publications/oai.py"
            raise RowError("dc:type", code, "is not a type of document", mend)
    return UNDETERMINED


def _issued(dates: list[str]) -> str:
    """The first date; a time of the day is not kept."""
    return dates[0].partition("T")[0] if dates else ""


def _is_address(value: str) -> bool:
    return value.startswith(("http://", "https://"))


def contributor(name: str, kind: str) -> Credit:
    """What a contributor is, by the words of the name and the kind of work.

    >>> contributor("Université Exemple", "thesis").basis, contributor("X. Y.", "book").basis
    ('name-form', 'undetermined')
    """
    found = set(fold(name).split())
    for roles, words in ROLES:
        if found & words:
            basis = "stated" if roles is SUPERVISOR else "name-form"
            return Credit(direct(_MARK.sub("", name)), roles, basis)
    if kind == "thesis" and 2 <= len(found) <= 4:
        return Credit(direct(name), SUPERVISOR, "name-form")
    return Credit(name, (), "undetermined")


def _identify(found: Work, row: Row) -> None:
    """Tell apart what stands in the header's and the record's identifiers."""
    stated = [row.pop("oai:identifier", ""), *(each for each, _ in said(row, "dc:identifier"))]
    for value in stated:
        if hal := _HAL.fullmatch(value):
            found.hal = found.hal or hal[1]
        elif doi := _DOI.fullmatch(value):
            found.doi = found.doi or checked("dc:identifier", doi[1], clean.doi)
        elif stated_isbn := _ISBN.fullmatch(value):
            found.isbn += isbn(stated_isbn[1])
        if _is_address(value) and "doi.org/" not in value and not found.pages:
            found.pages.append(checked("dc:identifier", value, web))
