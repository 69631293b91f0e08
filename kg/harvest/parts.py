"""The interfaces that are walked. Of what has no end only so much is looked at (`MOST`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from urllib.parse import urlencode
from urllib.robotparser import RobotFileParser

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF as RDFLIB_RDF
from rdflib import SH, Graph

from kg.check import by_shape, named
from kg.errors import FetchFailed, InputError
from kg.harvest.report import Part, Report
from kg.harvest.walk import Walk, values
from kg.vocab import DCAT, DCTERMS, RDF, SD, VOID, prefixes

MOST = 20
_NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "a": "http://www.w3.org/2005/Atom",
    "o": "http://www.openarchives.org/OAI/2.0/",
}
_NEXT = NamedNode("http://www.w3.org/ns/hydra/core#next")
_CHECKSUM = NamedNode("http://spdx.org/rdf/terms#checksumValue")
_HAS_CHECKSUM = NamedNode("http://spdx.org/rdf/terms#checksum")
_MEMBER, _NODE, _VIEW = (NamedNode(f"{prefixes()['tree']}{n}") for n in ("member", "node", "view"))
# What harvesters must be let in to.
OPEN = (
    "/sparql",
    "/.well-known/void",
    "/catalog",
    "/dumps/",
    "/oai",
    "/ldes",
    "/doc/organization/x",
)


def check(walk: Walk, files: bool, shapes: Mapping[Path, Graph] | None = None) -> Report:
    """Walk everything; with `files`, download every dump to compare its checksum; with `shapes`, by
    their files, hold the catalogue to them. `FetchFailed` if nobody is there.
    """
    walk.reach()
    told: list[Quad] = []
    walks: dict[str, Callable[[Walk, Part], None]] = {
        "robots.txt": robots,
        "sitemap": sitemap,
        "VoID": void,
        "catalogue": lambda walk, part: told.extend(catalogue(walk, part, files)),
        "feeds": feeds,
        "event stream": stream,
        "OAI-PMH": oai,
    }
    if shapes:
        walks["catalogue’s shapes"] = lambda _, part: held_to(told, shapes, part)
    parts = []
    for name, look in walks.items():
        part = Part(name)
        try:
            look(walk, part)
        except FetchFailed as error:
            part.wrong(str(error))
        parts.append(part)
    return Report(walk.root, walk.now, parts)


def robots(walk: Walk, part: Part) -> None:
    """Whether robots are told of the site map, and let in to what is for them."""
    body, _ = walk.read("/robots.txt")
    parser = RobotFileParser()
    parser.parse(body.decode("utf-8", "replace").splitlines())
    part.count("paths", len(OPEN))
    for path in OPEN:
        if not parser.can_fetch("harvester", f"{walk.root}{path}"):
            part.wrong(f"robots.txt shuts {path}.")
    if not parser.site_maps():
        part.wrong("robots.txt names no site map.")


def sitemap(walk: Walk, part: Part) -> None:
    """The maps, their dates, and whether the first and the last page of each are there."""
    index = walk.xml("/sitemap.xml", part)
    maps = [str(each) for each in index.xpath("//s:sitemap/s:loc/text()", namespaces=_NAMES)]
    for each in _some(maps):
        part.count("maps")
        found = walk.xml(each, part)
        pages = [str(page) for page in found.xpath("//s:url/s:loc/text()", namespaces=_NAMES)]
        part.count("pages", len(pages))
        for date in set(found.xpath("//s:lastmod/text()", namespaces=_NAMES)):
            walk.past(str(date), each, part)
        for page in {*pages[:1], *pages[-1:]}:
            walk.answers(page, part)


def void(walk: Walk, part: Part) -> None:
    """The description: dates, dumps, and the endpoint, which must be the same everywhere."""
    told = walk.rdf("/.well-known/void", part)
    _dates(walk, part, told, "/.well-known/void")
    for dump in _some(values(told, VOID.dataDump)):
        walk.answers(dump, part)
    service = walk.rdf("/sparql", part)
    endpoints = {
        *values(told, VOID.sparqlEndpoint),
        *values(told, SD.endpoint),
        *values(service, SD.endpoint),
    }
    if len(endpoints) != 1:
        part.wrong(f"The endpoint is named {sorted(endpoints) or 'nowhere'}, not once.")
    for endpoint in endpoints:
        walk.answers(f"{endpoint}?{urlencode({'query': 'ASK {}'})}", part)


def catalogue(walk: Walk, part: Part, files: bool) -> list[Quad]:
    """Every page of the catalogue: what each data set must have, dates, links, checksums; and all
    that they say.
    """
    told: list[Quad] = []
    seen: set[str] = set()
    waiting = ["/catalog.ttl"]
    while waiting and (page := waiting.pop()) not in seen:
        seen.add(page)
        part.count("pages")
        quads = walk.rdf(page, part)
        _dates(walk, part, quads, page)
        _datasets(part, quads)
        links = [*values(quads, DCAT.downloadURL), *values(quads, DCAT.landingPage)]
        for link in links:
            walk.answers(link, part)
        if files:
            _checksums(walk, part, quads)
        waiting += values(quads, _NEXT)
        told += quads
    if not part.seen.get("data sets"):
        part.wrong("The catalogue has no data set.")
    return told


def read_shapes(path: Path) -> Graph:
    """The shapes of a Turtle file; `InputError` if it cannot be read."""
    try:
        return Graph().parse(path, format="turtle")
    except (SyntaxError, ValueError) as error:
        raise InputError(f"is not Turtle: {error}", file=path) from None


def held_to(told: list[Quad], shapes: Mapping[Path, Graph], part: Part) -> None:
    """What a catalogue says, held to SHACL shapes: violations are wrong, and told with their shape
    and its file; all else is counted. A shape may refer to one of another file; one that cannot be
    run is wrong itself.
    """
    data = Graph().parse(serialize((q.triple for q in told), format=RdfFormat.N_TRIPLES), "nt")
    together = Graph()
    called = _told_apart(shapes)
    for path, graph in shapes.items():
        number = len(set(graph.subjects(RDFLIB_RDF.type, SH.NodeShape)))
        part.count(f"shapes in {called[path]}", number)
        together += graph
    try:
        found = list(by_shape(data, together))
    except ReportableRuntimeError as error:
        names = ", ".join(called.values())
        part.wrong(f"The shapes ({names}) cannot be run, so nothing was held to them: {error}")
        return
    for shape, each in found:
        if each.severity != "violation":
            part.count(f"{each.severity}s")
            continue
        files = [called[path] for path, graph in shapes.items() if (shape, None, None) in graph]
        name = named(together, shape) or "a shape without a name"
        where = f"({name}, {', '.join(files)})"
        part.wrong(" ".join(filter(None, [f"{each.entity}:", each.message_en, each.detail, where])))


def _told_apart(paths: Iterable[Path]) -> dict[Path, str]:
    """What to call files: their names, with their folders where two have the same. The report is
    public, and need not say where they are.
    """
    number = Counter(path.name for path in paths)
    return {
        path: path.name if number[path.name] == 1 else f"{path.parent.name}/{path.name}"
        for path in paths
    }


def _datasets(part: Part, quads: list[Quad]) -> None:
    about: dict[object, set[object]] = {}
    for quad in quads:
        about.setdefault(quad.subject, set()).add(quad.predicate)
    wanted = {
        DCAT.Dataset: (DCTERMS.title, DCTERMS.description, DCTERMS.identifier),
        DCAT.Distribution: (DCTERMS.license,),
    }
    for quad in quads:
        if quad.predicate != RDF.type or quad.object not in wanted:
            continue
        part.count("data sets" if quad.object == DCAT.Dataset else "distributions")
        for each in wanted[quad.object]:  # type: ignore[index]
            if each not in about[quad.subject]:
                part.wrong(f"{quad.subject} has no {each}.")


def _checksums(walk: Walk, part: Part, quads: list[Quad]) -> None:
    sums = {str(quad.subject): _value(quad) for quad in quads if quad.predicate == _CHECKSUM}
    of = {str(q.subject): sums.get(str(q.object)) for q in quads if q.predicate == _HAS_CHECKSUM}
    for quad in quads:
        if quad.predicate == DCAT.downloadURL and (expected := of.get(str(quad.subject))):
            walk.checksum(_value(quad), expected, part)


def _value(quad: Quad) -> str:
    return str(getattr(quad.object, "value", ""))


def feeds(walk: Walk, part: Part) -> None:
    """The feed of releases: its dates and its links."""
    root = walk.xml("/feeds/releases.atom", part)
    for tag in ("id", "title", "updated"):
        for element in root.xpath("/a:feed | //a:entry", namespaces=_NAMES):
            if len(element.xpath(f"a:{tag}", namespaces=_NAMES)) != 1:
                part.wrong(f"/feeds/releases.atom: an element has not exactly one {tag}.")
    for date in root.xpath("//a:updated/text()", namespaces=_NAMES):
        walk.past(str(date), "/feeds/releases.atom", part)
    links = root.xpath("//a:entry/a:link/@href", namespaces=_NAMES)
    part.count("entries", len(links))
    for link in _some(str(each) for each in links):
        walk.answers(link, part)


def stream(walk: Walk, part: Part) -> None:
    """The event stream: its entry, and the first pages of what it leads to."""
    root = walk.rdf("/ldes", part, "application/trig")
    if len(set(values(root, _VIEW))) != 1:
        part.wrong("/ldes has not exactly one view.")
    for page in _some(sorted(set(values(root, _NODE)))):
        part.count("pages")
        quads = walk.rdf(page, part, "application/trig")
        members = set(values(quads, _MEMBER))
        part.count("members", len(members))
        if not members:
            part.wrong(f"{page} has no member.")
        dated = [q for q in quads if getattr(q.subject, "value", "") in members]
        _dates(walk, part, dated, page)


def oai(walk: Walk, part: Part) -> None:
    """OAI-PMH: who it is, and two parts of a list, by its token."""
    walk.xml("/oai?verb=Identify", part)
    query = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    for _ in range(2):
        address = f"/oai?{urlencode(query)}"
        answer = walk.xml(address, part)
        for error in answer.xpath("/o:OAI-PMH/o:error", namespaces=_NAMES):
            part.wrong(f"{address}: {error.get('code')}: {error.text}")
        dates = [str(d) for d in answer.xpath("//o:header/o:datestamp/text()", namespaces=_NAMES)]
        part.count("records", len(dates))
        for date in set(dates):
            walk.past(date, address, part)
        token = answer.xpath("string(//o:resumptionToken)", namespaces=_NAMES)
        if not token:
            return
        query = {"verb": "ListRecords", "resumptionToken": str(token)}


def _dates(walk: Walk, part: Part, quads: list[Quad], address: str) -> None:
    """Dates of what is described must not be in the future."""
    for predicate in (DCTERMS.issued, DCTERMS.modified, DCTERMS.created):
        for date in set(values(quads, predicate)):
            walk.past(date, address, part)


def _some(addresses: Iterable[str]) -> list[str]:
    """The first and the last of many."""
    found = list(addresses)
    return found if len(found) <= MOST else [*found[: MOST - 1], found[-1]]
