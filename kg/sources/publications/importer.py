"""Publications: bibliographic records in the forms in which archives and libraries give them.

    hal.py      .json      answers of HAL's search service and of its author directory
    oai.py      .xml       OAI-PMH responses in oai_dc
    bibtex.py   .bib       ris.py   .ris
    works.py    what each of them comes to, and the statements about it

Each reader turns its files into rows with the format's own fields, and a row into a `Work`.
Abstracts are texts of others, and are not repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from kg.errors import InputError
from kg.sources import Inputs, Triple, keywords
from kg.sources.given import broken, files
from kg.sources.publications import bibtex, hal, oai, ris, works
from kg.sources.publications.works import Work
from kg.sources.rows import LeftOut, Row, RowError

READERS: dict[str, Callable[[Path], Iterator[Row | LeftOut]]] = {
    ".json": hal.records,
    ".xml": oai.records,
    ".bib": bibtex.records,
    ".ris": ris.records,
}
WORKS: dict[str, Callable[[Row], Work]] = {
    "hal": hal.work,
    "oai": oai.work,
    "bibtex": bibtex.work,
    "ris": ris.work,
}
IGNORED = frozenset(
    {
        # HAL's search service: texts, the same again in other forms, and its own administration.
        *("docid", "abstract_s", "fr_abstract_s", "en_abstract_s", "es_abstract_s", "version_i"),
        *("citationFull_s", "citationRef_s", "label_bibtex", "label_endnote", "label_xml"),
        *(
            "publicationDate_s",
            "authFirstName_s",
            "authLastName_s",
            "subTitle_s",
            "openAccess_bool",
        ),
        *("domain_s", "primaryDomain_s", "domainAllCode_s", "structName_s", "collCode_s"),
        *("labStructId_i", "instStructId_i", "fileMain_s", "files_s", "volume_s", "issue_s"),
        *("page_s", "journalIssn_s", "submittedDate_s", "modifiedDate_s", "releasedDate_s"),
        *("producedDateY_i", "publicationDateY_i", "contributorFullName_s", "authIdHal_s"),
        *("authORCIDIdExt_s",),  # not told of which author
        # Its author directory: names again; e-mail addresses, which are not published.
        *("firstName_s", "lastName_s", "middleName_s", "fullName_sci", "fullNameDocid_fs"),
        *("label_html", "valid_s", "form_i", "person_i", "hasCV_bool", "emailId_s"),
        *("emailDomain_s", "_version_", "dateLastIndexed_tdate"),
        # Dublin Core.
        *("dc:description", "dc:rights", "dc:format", "dc:relation"),
        # BibTeX and RIS.
        *("abstract", "notes_abstract", "note", "notes", "annote", "file", "volume", "number"),
        *("pages", "series", "edition", "address", "location", "issn", "eprint", "archiveprefix"),
        *("pdf", "hal_version", "urldate", "howpublished", "chapter", "crossref", "field type"),
        *("hal_local_reference", "timestamp", "owner", "month_numeric", "addendum", "eissn"),
        *("start_page", "end_page", "place_published", "access_date", "id", "name_of_database"),
        *("accession_number", "type_of_work", "year", "publication_year", "short_title"),
        *("database_provider", "file_attachments1", "file_attachments2", "note", "section"),
        *("alternate_title1", "alternate_title2", "author_address", "tertiary_title", "label"),
        *("end_of_reference",),
    }
)
EXPECT: dict[str, tuple[int, int]] = {"publication": (1, 1_000_000)}


def paths(given: Path | None) -> list[Path]:
    """A file, or those of a folder that a reader is for, and the table of keywords."""
    return [*files(given, READERS, "publications", "bibliographic record"), keywords.TABLE]


def check(given: Path | None) -> list[InputError]:
    """Every file that cannot be read."""
    return broken(paths(given)[:-1], lambda path: list(READERS[path.suffix](path)))


def records(inputs: Inputs) -> Iterator[Row | LeftOut]:
    """The rows of all files."""
    for path in inputs.paths:
        if path != keywords.TABLE:
            yield from READERS[path.suffix](path)


def triples(row: Row) -> Iterator[Triple]:
    """What a record says of a work, or of an author; `RowError` names the field that is wrong."""
    if problem := row.pop("broken", ""):
        raise RowError("", row.pop("format"), problem)
    if "fullName_s" in row:
        row.take("format")
        yield from hal.triples(row)
    else:
        yield from works.triples(WORKS[row.take("format")](row))
