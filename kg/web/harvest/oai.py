"""OAI-PMH 2.0 at `/oai`: publications, episodes and organisations for archives and libraries.

    an item      a thing; its identifier is its IRI, its set is its kind
    a datestamp  the day of the release that last changed it: came, changed, gave way or went
    a list       in the order of changes, with resumption tokens that outlive a release
                 (`selection.py`); what is gone stays in it for good, as deleted

Specification: https://www.openarchives.org/OAI/openarchivesprotocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Blueprint, Response, request, url_for
from lxml import etree
from lxml.builder import ElementMaker
from pyoxigraph import NamedNode
from werkzeug.datastructures import MultiDict

from kg.errors import ServiceBusy, TooManyQueries
from kg.history import Entity
from kg.query.bind import bind
from kg.query.forms import GRAPHS
from kg.web import facts, urls
from kg.web.errors import unanswered
from kg.web.harvest import dublincore
from kg.web.harvest.selection import SETS, Refused, Selection, day
from kg.web.i18n import _
from kg.web.kinds import name
from kg.web.site import site

# How many records, and how many headers, stand on a page; and the statements of its records, after
# which no more of them follow.
RECORDS, HEADERS, STATEMENTS = 50, 500, 20_000
PMH = "http://www.openarchives.org/OAI/2.0/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA = f"{PMH} {PMH}OAI-PMH.xsd"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_E = ElementMaker(namespace=PMH, nsmap={None: PMH})

oai = Blueprint("oai", __name__)


class Format(NamedTuple):
    """A metadata format: its schema, its namespace, and who writes it."""

    schema: str
    namespace: str
    write: Callable[[facts.Facts], etree._Element]


def _rdf(found: facts.Facts) -> etree._Element:
    """The same RDF/XML as the thing's document."""
    return etree.fromstring(facts.document(found, GRAPHS["rdf"], site.release.base))


FORMATS = {
    "oai_dc": Format(dublincore.SCHEMA_FILE, dublincore.NAMESPACE, dublincore.document),
    "rdf": Format(f"{PMH}rdf.xsd", _RDF, _rdf),
}


# By verb: what a request must say and what it may.
_ARGUMENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
}


@oai.route("/oai", methods=["GET", "POST"])
def repository() -> Response:
    """Answer a request of the protocol; its errors are answers too, with status 200."""
    given = request.form if request.method == "POST" else request.args
    told: Mapping[str, str] = {}
    try:
        told = _arguments(given)
        content = [_VERBS[told["verb"]](told)]
    except Refused as error:
        if error.code in {"badVerb", "badArgument"}:
            told = {}
        content = [_E.error(str(error), code=error.code)]
    root = _E("OAI-PMH", {f"{{{_XSI}}}schemaLocation": _SCHEMA})
    root.append(_E.responseDate(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")))
    root.append(_E.request(url_for("oai.repository", _external=True), dict(told)))
    root.extend(content)
    body = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    response = Response(body, content_type="text/xml; charset=utf-8")
    response.vary.update(["Accept-Language", "Cookie"])  # the names of the sets
    return response


@oai.errorhandler(TooManyQueries)
def hasty(error: TooManyQueries) -> Response:
    """Who asks too much at a time is told to wait as the protocol does it (section 3.1.2.2)."""
    return unanswered(ServiceBusy(str(error)))


def _arguments(given: MultiDict[str, str]) -> dict[str, str]:
    """The arguments of a request, its verb among them; `Refused` where they break the rules."""
    verbs = given.getlist("verb")
    if len(verbs) != 1 or verbs[0] not in _ARGUMENTS:
        raise Refused("badVerb", f"Give one verb of: {', '.join(_ARGUMENTS)}.")
    names = set(given) - {"verb"}
    required, optional = _ARGUMENTS[verbs[0]]
    if verbs[0].startswith("List") and "resumptionToken" in names:
        required, optional = frozenset({"resumptionToken"}), frozenset()
    for problem, found in (
        ("is missing", required - names),
        ("cannot stand here", names - required - optional),
        ("is given several times", {each for each in names if len(given.getlist(each)) > 1}),
        (
            "is not text",
            {each for each in names if dublincore.printable(given[each]) != given[each]},
        ),
    ):
        for each in sorted(found):
            raise Refused("badArgument", f"{dublincore.printable(each)[:200]} {problem}.")
    return given.to_dict()


def _identify(_arguments: Mapping[str, str]) -> etree._Element:
    host = request.host.partition(":")[0]
    return _E.Identify(
        _E.repositoryName(_("Le graphe de l’ESS")),
        _E.baseURL(url_for("oai.repository", _external=True)),
        _E.protocolVersion("2.0"),
        # Where none is configured, the one that RFC 2142 (section 5) gives every web server.
        _E.adminEmail(urls.email(site.settings.contact) or f"webmaster@{host}"),
        _E.earliestDatestamp(str(site.history.earliest(SETS).date())),
        _E.deletedRecord("persistent"),
        _E.granularity("YYYY-MM-DD"),
        _E.compression("gzip"),
    )


def _formats(arguments: Mapping[str, str]) -> etree._Element:
    if "identifier" in arguments:
        _entity(arguments["identifier"])
    return _E.ListMetadataFormats(
        *(
            _E.metadataFormat(
                _E.metadataPrefix(prefix),
                _E.schema(each.schema),
                _E.metadataNamespace(each.namespace),
            )
            for prefix, each in FORMATS.items()
        )
    )


def _sets(arguments: Mapping[str, str]) -> etree._Element:
    if "resumptionToken" in arguments:
        raise Refused("badResumptionToken", "The list of sets is complete on its first page.")
    return _E.ListSets(*(_E.set(_E.setSpec(each), _E.setName(name(each, 2))) for each in SETS))


def _get(arguments: Mapping[str, str]) -> etree._Element:
    form = _format(arguments["metadataPrefix"])
    return _E.GetRecord(*_records([_entity(arguments["identifier"])], form))


def _list_records(arguments: Mapping[str, str]) -> etree._Element:
    selection = _selection(arguments)
    form = FORMATS[selection.prefix]
    return _listed(selection, arguments, RECORDS, lambda page: _records(page, form))


def _list_identifiers(arguments: Mapping[str, str]) -> etree._Element:
    return _listed(
        _selection(arguments), arguments, HEADERS, lambda page: [_header(each) for each in page]
    )


_VERBS: dict[str, Callable[[Mapping[str, str]], etree._Element]] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "GetRecord": _get,
    "ListRecords": _list_records,
    "ListIdentifiers": _list_identifiers,
}


def _format(prefix: str) -> Format:
    if prefix not in FORMATS:
        raise Refused("cannotDisseminateFormat", f"Formats: {', '.join(FORMATS)}.")
    return FORMATS[prefix]


def _entity(identifier: str) -> Entity:
    found = site.history.entity(identifier)
    if found is None or found.kind not in SETS:
        raise Refused("idDoesNotExist", f"There is no item {identifier[:200]!r}.")
    return found


def _selection(arguments: Mapping[str, str]) -> Selection:
    if "resumptionToken" in arguments:
        return Selection.resumed(arguments["resumptionToken"], FORMATS)
    days = {}
    for each in ("from", "until"):
        try:
            days[each] = day(arguments.get(each, ""))
        except ValueError:
            raise Refused("badArgument", f"{each} is a day, as in 2026-11-25.") from None
        if each in arguments and not days[each]:
            raise Refused("badArgument", f"{each} is empty.")
    if all(days.values()) and days["from"] > days["until"]:
        raise Refused("badArgument", "from is later than until.")
    _format(arguments["metadataPrefix"])
    if arguments.get("set", "") not in {"", *SETS}:
        raise Refused("noRecordsMatch", f"Sets: {', '.join(SETS)}.")
    return Selection(
        arguments["metadataPrefix"], arguments.get("set", ""), days["from"], days["until"]
    )


def _listed(
    selection: Selection,
    arguments: Mapping[str, str],
    size: int,
    write: Callable[[list[Entity]], list[etree._Element]],
) -> etree._Element:
    """A page of a list, of as many of its entities as are written. The last page of several ends
    with an empty token (section 3.5).
    """
    page, following = selection.page(size)
    if not page:  # of a list until some day, what was left may have changed after it
        raise Refused("noRecordsMatch", "Nothing changed in that time, or in that set.")
    written = write(page)
    if len(written) < len(page):
        following = selection.behind(page[len(written) - 1])
    listed = _E(arguments["verb"], *written)
    if following or selection.place:
        listed.append(_E.resumptionToken(following.token() if following else ""))
    return listed


def _header(entity: Entity) -> etree._Element:
    gone = {} if entity.state == "live" else {"status": "deleted"}
    return _E.header(
        gone,
        _E.identifier(entity.iri),
        _E.datestamp(str(entity.modified.date())),
        _E.setSpec(entity.kind),
    )


def _records(page: list[Entity], form: Format) -> list[etree._Element]:
    """The records of a page, of which what is stated is asked with one query; of very large things
    only the first.
    """
    live = [each.iri for each in page if each.state == "live"]
    text = bind(site.queries["entity"], {"entity": [NamedNode(iri) for iri in live]})
    told = facts.gather_all(live, site.ask(text) if live else [], site.release.base)
    records: list[etree._Element] = []
    statements = 0
    for each in page:
        record = _E.record(_header(each))
        if found := told.get(each.iri):
            statements += len(found.statements) + len(found.naming)
            if records and statements > STATEMENTS:
                break
            record.append(_E.metadata(form.write(found)))
        records.append(record)
    return records
