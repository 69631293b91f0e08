"""OAI-PMH: every verb, every error, lists in pages, Dublin Core; in well-formed, ordered XML."""

import re
from datetime import datetime
from importlib import import_module

import pytest
from lxml import etree
from pyoxigraph import RdfFormat, parse

from kg.web.harvest.dublincore import printable
from tests.web.conftest import BASE, MEMBERS

# The package has the blueprint under this name.
MODULE = import_module("kg.web.harvest.oai")
PMH = "{http://www.openarchives.org/OAI/2.0/}"
NS = {
    "o": PMH[1:-1],
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
NETWORK = f"{BASE}id/organization/reseau"
# The children of each element, as OAI-PMH.xsd has them.
CONTENT = {
    "OAI-PMH": r"responseDate request \w+ ",
    "Identify": "repositoryName baseURL protocolVersion adminEmail earliestDatestamp "
    "deletedRecord granularity compression ",
    "ListMetadataFormats": "(metadataFormat )+",
    "metadataFormat": "metadataPrefix schema metadataNamespace ",
    "ListSets": "(set )+",
    "set": "setSpec setName ",
    "GetRecord": "record ",
    "ListRecords": "(record )+(resumptionToken )?",
    "ListIdentifiers": "(header )+(resumptionToken )?",
    "record": "header (metadata )?",
    "header": "identifier datestamp setSpec ",
    "metadata": r"\w+ ",
}


def assert_valid(element):
    """The elements of the protocol stand as its schema has them."""
    name = etree.QName(element).localname
    if element.tag.startswith(PMH):
        children = "".join(f"{etree.QName(child).localname} " for child in element)
        assert re.fullmatch(CONTENT.get(name, ""), children), f"{name}: {children}"
        for child in element:
            assert_valid(child)


def read(response):
    """The document of an answer, whose frame is right."""
    assert response.status_code == 200
    assert response.content_type == "text/xml; charset=utf-8"
    root = etree.fromstring(response.data)
    assert root.tag == f"{PMH}OAI-PMH"
    assert_valid(root)
    moment = root.findtext("o:responseDate", namespaces=NS)
    assert datetime.fromisoformat(moment).utcoffset().total_seconds() == 0 and moment[-1] == "Z"
    assert root.findtext("o:request", namespaces=NS) == "http://localhost/oai"
    return root


def ask(client, verb, **arguments):
    if "from_" in arguments:
        arguments["from"] = arguments.pop("from_")
    return read(client.get("/oai", query_string={"verb": verb, **arguments}))


def error(root):
    (found,) = root.findall("o:error", namespaces=NS)
    assert len(root) == 3 and found.text
    return found.get("code")


def walk(client, verb, **arguments):
    """The headers of a whole list, and how many pages it had."""
    found, pages, token = [], 0, None
    while token != "":
        given = {"resumptionToken": token} if token else arguments
        root = ask(client, verb, **given)
        found += root.findall(".//o:header", namespaces=NS)
        token = root.findtext(".//o:resumptionToken", default="", namespaces=NS)
        pages += 1
    return found, pages


def identifiers(headers):
    return [header.findtext("o:identifier", namespaces=NS) for header in headers]


def test_the_repository_says_what_it_is(client):
    root = ask(client, "Identify")
    told = {etree.QName(each).localname: each.text for each in root[2]}
    assert told == {
        "repositoryName": "Le graphe de l’ESS",
        "baseURL": "http://localhost/oai",
        "protocolVersion": "2.0",
        "adminEmail": "errors@example.org",
        "earliestDatestamp": "2026-10-01",
        "deletedRecord": "persistent",
        "granularity": "YYYY-MM-DD",
        "compression": "gzip",
    }


def test_formats_and_sets_are_listed(client):
    formats = ask(client, "ListMetadataFormats")
    assert formats.xpath("//o:metadataPrefix/text()", namespaces=NS) == ["oai_dc", "rdf"]
    one = ask(client, "ListMetadataFormats", identifier=NETWORK)
    assert one.xpath("//o:metadataPrefix/text()", namespaces=NS) == ["oai_dc", "rdf"]
    sets = ask(client, "ListSets").xpath("//o:setSpec/text()", namespaces=NS)
    assert sets == ["publication", "episode", "organization"]


@pytest.mark.parametrize("verb", ["ListIdentifiers", "ListRecords"])
@pytest.mark.parametrize("size", [7, 1000])
def test_a_list_has_every_item_once_in_the_order_of_changes(client, app, monkeypatch, verb, size):
    monkeypatch.setattr(MODULE, "RECORDS", size)
    monkeypatch.setattr(MODULE, "HEADERS", size)
    headers, pages = walk(client, verb, metadataPrefix="oai_dc")
    history = app.extensions["kg"].history
    expected = history.latest(10_000, kinds=MODULE.SETS)
    assert identifiers(headers) == [each.iri for each in expected]
    assert len(expected) > MEMBERS
    assert pages == -(-len(expected) // size)
    days = [header.findtext("o:datestamp", namespaces=NS) for header in headers]
    assert days == sorted(days) and days[0] == "2026-10-01"
    deleted = {i for i, h in zip(identifiers(headers), headers, strict=True)
               if h.get("status") == "deleted"}  # fmt: skip
    assert deleted == {f"{BASE}id/organization/old", f"{BASE}id/organization/gone"}


@pytest.mark.parametrize("form", ["oai_dc", "rdf"])
@pytest.mark.parametrize("most", [1, 40])
def test_a_page_of_very_large_things_ends_early_and_nothing_is_left_out(
    client, app, monkeypatch, form, most
):
    monkeypatch.setattr(MODULE, "STATEMENTS", most)
    root = ask(client, "ListRecords", metadataPrefix=form)
    assert 1 <= len(root.findall(".//o:record", NS)) < MODULE.RECORDS
    headers, pages = walk(client, "ListRecords", metadataPrefix=form)
    expected = app.extensions["kg"].history.latest(10_000, kinds=MODULE.SETS)
    assert identifiers(headers) == [each.iri for each in expected]
    assert pages > -(-len(expected) // MODULE.RECORDS)


@pytest.mark.parametrize("form", ["oai_dc", "rdf"])
def test_a_page_of_records_takes_one_query_and_each_is_as_it_is_alone(
    client, asked, monkeypatch, form
):
    monkeypatch.setattr(MODULE, "RECORDS", 1000)
    records = ask(client, "ListRecords", metadataPrefix=form).findall(".//o:record", NS)
    assert len(asked) == 1 and len(records) > MEMBERS
    asked.clear()
    for record in [*records[:3], *records[-3:]]:
        name = record.findtext(".//o:identifier", namespaces=NS)
        (alone,) = ask(client, "GetRecord", identifier=name, metadataPrefix=form).iter(
            f"{PMH}record"
        )
        assert etree.tostring(alone, method="c14n") == etree.tostring(record, method="c14n")


@pytest.mark.parametrize("verb", ["ListIdentifiers", "ListRecords"])
def test_headers_and_what_is_gone_take_no_query(client, asked, verb):
    until = {"until": "2026-10-01"} if verb == "ListRecords" else {}
    assert identifiers(ask(client, verb, metadataPrefix="rdf", **until).iter(f"{PMH}header"))
    assert not asked


def test_a_list_is_narrowed_by_set_and_days_which_both_count(client):
    def found(**arguments):
        return set(
            identifiers(walk(client, "ListIdentifiers", metadataPrefix="rdf", **arguments)[0])
        )

    episodes = found(set="episode")
    assert f"{BASE}id/episode/one" in episodes
    assert all("/id/episode/" in each for each in episodes)
    gone = {f"{BASE}id/organization/gone"}
    assert found(until="2026-10-01") == found(from_="2026-10-01", until="2026-10-01") == gone
    assert found(until="2026-11-22") == gone
    assert NETWORK in found(from_="2026-11-23") and not gone & found(from_="2026-11-23")
    assert found(from_="2026-10-02", until="2026-11-23", set="episode") == found(set="episode")


def test_the_last_page_of_several_has_an_empty_token_and_a_single_page_none(client, monkeypatch):
    single = ask(client, "ListIdentifiers", metadataPrefix="oai_dc", set="episode")
    assert single.find(".//o:resumptionToken", namespaces=NS) is None
    monkeypatch.setattr(MODULE, "HEADERS", 500)
    first = ask(client, "ListIdentifiers", metadataPrefix="oai_dc")
    token = first.findtext(".//o:resumptionToken", namespaces=NS)
    last = ask(client, "ListIdentifiers", resumptionToken=token)
    assert last.find(".//o:resumptionToken", namespaces=NS).text is None
    again = ask(client, "ListIdentifiers", resumptionToken=token)
    assert identifiers(again.iter(f"{PMH}header")) == identifiers(last.iter(f"{PMH}header"))


def test_post_asks_the_same(client):
    given = {"verb": "GetRecord", "identifier": NETWORK, "metadataPrefix": "oai_dc"}
    posted, got = client.post("/oai", data=given), client.get("/oai", query_string=given)
    without_date = [re.sub(r"<responseDate>[^<]*", "", each.text) for each in (posted, got)]
    assert without_date[0] == without_date[1]
    assert read(posted).find("o:request", namespaces=NS).attrib == given


def test_dublin_core_has_names_for_what_is_pointed_to(client):
    root = ask(client, "GetRecord", identifier=f"{BASE}id/episode/one", metadataPrefix="oai_dc")
    (record,) = root.iterfind(".//oai_dc:dc", NS)
    told = [(etree.QName(each).localname, each.text) for each in record]
    assert told[:2] == [("title", "Un"), ("identifier", f"{BASE}id/episode/one")]
    assert ("relation", f"{BASE}id/podcast/serie") in told
    assert told[-1] == ("rights", "https://www.etalab.gouv.fr/licence-ouverte-open-licence")
    assert len(told) == len(set(told))
    network = ask(client, "GetRecord", identifier=NETWORK, metadataPrefix="oai_dc")
    kinds = network.xpath("//dc:type[@xml:lang='fr']/text()", namespaces=NS)
    assert kinds == ["association"]
    assert "301463253" in network.xpath("//dc:identifier/text()", namespaces=NS)


def test_rdf_is_that_of_the_document(client):
    root = ask(client, "GetRecord", identifier=NETWORK, metadataPrefix="rdf")
    (metadata,) = root.iterfind(".//o:metadata", NS)
    found = parse(etree.tostring(metadata[0]), format=RdfFormat.RDF_XML)
    document = parse(client.get("/doc/organization/reseau.nt").data, format=RdfFormat.N_TRIPLES)
    assert {quad.triple for quad in found} == {quad.triple for quad in document}


def test_what_is_gone_has_a_header_that_says_so_and_nothing_else(client):
    for name in ("old", "gone"):
        item = f"{BASE}id/organization/{name}"
        root = ask(client, "GetRecord", identifier=item, metadataPrefix="oai_dc")
        (header,) = root.iterfind(".//o:header", NS)
        assert header.get("status") == "deleted"
        assert root.find(".//o:metadata", NS) is None


TOKEN = "oai_dc,,,,2026-11-23T00:00:01,organization/reseau"
DC = "metadataPrefix=oai_dc"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=", "badVerb"),
        ("verb=Explain", "badVerb"),
        ("verb=Identify&verb=ListSets", "badVerb"),
        ("verb=Identify&set=episode", "badArgument"),
        ("verb=GetRecord", "badArgument"),
        (f"verb=GetRecord&identifier={NETWORK}", "badArgument"),
        (f"verb=GetRecord&{DC}&identifier=a&identifier=b", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        (f"verb=ListRecords&{DC}&resumptionToken={TOKEN}", "badArgument"),
        (f"verb=ListRecords&{DC}&lang=en", "badArgument"),
        (f"verb=ListRecords&{DC}&from=2026", "badArgument"),
        (f"verb=ListRecords&{DC}&from=", "badArgument"),
        (f"verb=ListRecords&{DC}&from=2026-02-30", "badArgument"),
        (f"verb=ListRecords&{DC}&from=20261123", "badArgument"),
        (f"verb=ListRecords&{DC}&until=2026-11-23T00:00:00Z", "badArgument"),
        (f"verb=ListRecords&{DC}&from=2026-11-24&until=2026-11-23", "badArgument"),
        ("verb=ListRecords&metadataPrefix=%00", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        (f"verb=GetRecord&metadataPrefix=marc&identifier={NETWORK}", "cannotDisseminateFormat"),
        (f"verb=GetRecord&{DC}&identifier={BASE}id/organization/nobody", "idDoesNotExist"),
        (f"verb=GetRecord&{DC}&identifier={BASE}id/person/ada", "idDoesNotExist"),
        (f"verb=GetRecord&{DC}&identifier=%27%20OR%201=1", "idDoesNotExist"),
        ("verb=ListMetadataFormats&identifier=nothing", "idDoesNotExist"),
        (f"verb=ListRecords&{DC}&until=2026-09-30", "noRecordsMatch"),
        (f"verb=ListRecords&{DC}&from=2026-11-24", "noRecordsMatch"),
        (f"verb=ListRecords&{DC}&set=robots", "noRecordsMatch"),
        (f"verb=ListRecords&{DC}&set=episode&until=2026-11-22", "noRecordsMatch"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
        (f"verb=ListRecords&resumptionToken={TOKEN},more", "badResumptionToken"),
        (f"verb=ListRecords&resumptionToken={TOKEN}'--", "badResumptionToken"),
        *(
            (f"verb=ListRecords&resumptionToken={TOKEN.replace(part, new)}", "badResumptionToken")
            for part, new in {
                "oai_dc": "marc", "T00:00:01": "", ",,": ",robots,", ",,,,": ",,x,,",
                "organization/": "robot/", "2026-11-23T": "2026-13-23T",
            }.items()
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_the_protocols_own_errors(client, query, code):
    root = read(client.get(f"/oai?{query}"))
    assert error(root) == code
    told = root.find("o:request", namespaces=NS).attrib
    assert bool(told) == (code not in {"badVerb", "badArgument"})
    assert error(read(client.post("/oai", data=query, content_type=FORM))) == code


FORM = "application/x-www-form-urlencoded"


def test_a_list_whose_rest_has_changed_since_matches_nothing_more(client):
    late = "oai_dc,,,2026-11-23,2026-11-23T00:00:01,publication/zzz"
    assert error(ask(client, "ListRecords", resumptionToken=late)) == "noRecordsMatch"


def test_what_xml_cannot_hold_is_left_out():
    assert printable("a\x00b\x0bc\ud800d\ufffe\te") == "abcd\te"
