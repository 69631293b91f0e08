"""Fetching from a publisher on this machine: whole and sound, or not at all."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from email.utils import formatdate

import pytest

from kg import fetch
from kg.errors import FetchFailed, InputError
from kg.fetch import client as polite
from kg.fetch.addresses import Addresses, Archive, File, Search
from kg.fetch.transfer import Record, beside
from kg.settings import ROOT

from .publisher import LAST_MODIFIED, Page, Publisher, Trouble

DATE = "2026-11-24"
CSV = "siren;name\n" + "".join(f"{n:09};Organisation {n}\n" for n in range(20_000))
BODY = CSV.encode()
CONTACT = "https://example.org/contact"


@pytest.fixture
def publisher():
    found = Publisher()
    found["/register.csv"] = Page(BODY)
    yield found
    found.close()


@pytest.fixture
def get(publisher, tmp_path):
    """Fetch files of the test source; `get.waited` are the seconds that were slept."""

    def run(*files, date=DATE, hosts=("127.0.0.1",), **more):
        files = files or (File("register.csv", url=f"{publisher.root}/register.csv"),)
        addresses = Addresses(frozenset(hosts), files, **{"api": f"{publisher.root}/api", **more})
        return fetch.fetch("test", addresses, tmp_path, date, CONTACT, sleep=run.waited.append)

    run.waited = []
    run.folder = tmp_path / "test"
    return run


def csv_file(publisher, **more):
    return File("register.csv", url=f"{publisher.root}/register.csv", **more)


def nothing_whole(get):
    """No folder that could be taken for a whole one; no file under its own name either."""
    days = [path for path in get.folder.iterdir() if fetch.DAY.fullmatch(path.name)]
    whole = [path.name for path in (get.folder / ".partial").iterdir()]
    return days == [] and "register.csv" not in whole


# What comes


def test_a_file_comes_whole_with_its_checksum_beside(publisher, get):
    fetched = get()
    assert fetched.new
    assert fetched.folder == get.folder / DATE
    assert [path.name for path in fetched.folder.iterdir()] == ["register.csv"]
    assert (fetched.folder / "register.csv").read_bytes() == BODY
    record = json.loads((get.folder / f"{DATE}.json").read_text())["register.csv"]
    assert record == {
        "url": f"{publisher.root}/register.csv",
        "etag": '"one"',
        "modified": LAST_MODIFIED,
        "size": len(BODY),
        "sha256": hashlib.sha256(BODY).hexdigest(),
    }
    assert not (get.folder / ".partial").exists()


def test_the_client_has_a_name_and_a_contact_and_asks_for_the_bytes_themselves(publisher, get):
    get()
    (headers,) = publisher.requests("/register.csv")
    assert headers["User-Agent"].startswith("ess-kg/")
    assert CONTACT in headers["User-Agent"]
    assert headers["Accept-Encoding"] == "identity"


def test_progress_is_told_in_bytes(publisher, tmp_path):
    told = []
    addresses = Addresses(frozenset({"127.0.0.1"}), (csv_file(publisher),))
    fetch.fetch("test", addresses, tmp_path, DATE, CONTACT, lambda *each: told.append(each))
    assert told[0] == ("register.csv", 0, len(BODY))
    assert told[-1] == ("register.csv", len(BODY), len(BODY))


def test_what_has_not_changed_is_not_fetched_again(publisher, get):
    first = get()
    again = get(date="2026-11-25")
    assert (again.folder, again.new) == (first.folder, False)
    assert publisher.requests("/register.csv")[-1]["If-None-Match"] == '"one"'
    assert not (get.folder / "2026-11-25").exists()


def test_what_has_changed_has_a_folder_of_its_own(publisher, get):
    get()
    publisher["/register.csv"] = Page(BODY + b"9;Z\n", etag='"two"')
    second = get()
    assert second.folder.name == f"{DATE}-2"
    assert (get.folder / DATE / "register.csv").read_bytes() == BODY
    assert fetch.newest(get.folder.parent, "test") == second.folder / "register.csv"


def test_of_several_files_only_the_one_that_changed_comes_again(publisher, get):
    publisher["/other.csv"] = Page(b"a\n1\n")
    files = csv_file(publisher), File("other.csv", url=f"{publisher.root}/other.csv")
    get(*files)
    publisher["/other.csv"] = Page(b"a\n2\n", etag='"two"')
    second = get(*files, date="2026-11-25")
    assert (second.folder / "register.csv").read_bytes() == BODY
    assert (second.folder / "other.csv").read_bytes() == b"a\n2\n"
    assert len(publisher.requests("/register.csv")) == 2
    assert fetch.newest(get.folder.parent, "test") == second.folder


def test_the_same_bytes_under_another_etag_are_nothing_new(publisher, get):
    first = get()
    publisher["/register.csv"] = Page(BODY, etag='"renamed"', modified="")
    assert get(date="2026-11-25").folder == first.folder
    get(date="2026-11-26")
    assert publisher.requests("/register.csv")[-1]["If-None-Match"] == '"renamed"'


def test_nothing_fetched_is_nothing_found(tmp_path):
    assert fetch.newest(tmp_path, "test") is None


# What breaks off


def test_a_transfer_that_breaks_off_goes_on_where_it_was(publisher, get):
    publisher.next("/register.csv", Trouble(cut=100_000), Trouble(cut=50_000))
    fetched = get()
    assert (fetched.folder / "register.csv").read_bytes() == BODY
    ranges = [headers.get("Range") for headers in publisher.requests("/register.csv")]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]
    assert all(h.get("If-Range") == '"one"' for h in publisher.requests("/register.csv")[1:])


def test_a_fetch_that_ended_is_taken_up_by_the_next(publisher, get, monkeypatch):
    monkeypatch.setattr(polite, "ATTEMPTS", 1)
    publisher.next("/register.csv", Trouble(cut=100_000))
    with pytest.raises(FetchFailed, match="broke off.*the next fetch goes on from there"):
        get()
    assert nothing_whole(get)
    assert fetch.newest(get.folder.parent, "test") is None
    fetched = get(date="2026-11-25")
    assert (fetched.folder / "register.csv").read_bytes() == BODY
    assert publisher.requests("/register.csv")[-1]["Range"] == "bytes=100000-"


def test_a_file_that_changed_meanwhile_is_begun_anew(publisher, get, monkeypatch):
    monkeypatch.setattr(polite, "ATTEMPTS", 1)
    publisher.next("/register.csv", Trouble(cut=100_000))
    with pytest.raises(FetchFailed):
        get()
    changed = BODY.replace(b"Organisation", b"Organization")
    publisher["/register.csv"] = Page(changed, etag='"two"')
    assert (get().folder / "register.csv").read_bytes() == changed


def test_a_server_that_ignores_if_range_does_not_mix_two_versions(publisher, get):
    publisher.next("/register.csv", Trouble(cut=100_000), Trouble(status=404))
    with pytest.raises(FetchFailed, match="404"):
        get()
    changed = BODY.replace(b"Organisation", b"Organization")
    publisher["/register.csv"] = Page(changed, etag='"two"')
    rest = {
        "Content-Range": f"bytes 100000-{len(changed) - 1}/{len(changed)}",
        "ETag": '"two"',
        "Content-Type": "text/csv",
    }
    publisher.next("/register.csv", Trouble(206, rest, changed[100_000:]))
    assert (get().folder / "register.csv").read_bytes() == changed


def test_a_server_without_ranges_or_validators_is_asked_for_the_whole_again(publisher, get):
    publisher["/register.csv"] = Page(BODY, etag="", modified="", ranges=False)
    publisher.next("/register.csv", Trouble(cut=100_000))
    assert (get().folder / "register.csv").read_bytes() == BODY
    assert [h.get("Range") for h in publisher.requests("/register.csv")] == [None, None]


def test_a_weak_etag_is_no_reason_to_go_on(publisher, get):
    publisher["/register.csv"] = Page(BODY, etag='W/"one"', modified="")
    publisher.next("/register.csv", Trouble(cut=100_000))
    get()
    assert [h.get("Range") for h in publisher.requests("/register.csv")] == [None, None]


def test_a_partial_file_that_is_too_long_is_begun_anew(publisher, get):
    part = get.folder / ".partial" / "register.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY + b"too long")
    record = Record(f"{publisher.root}/register.csv", '"one"', LAST_MODIFIED)
    record.write(beside(part, ".json"))
    publisher.next("/register.csv", Trouble(status=416))
    assert (get().folder / "register.csv").read_bytes() == BODY


def test_what_had_come_to_its_end_is_not_asked_for_again(publisher, get):
    part = get.folder / ".partial" / "register.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY)
    url = f"{publisher.root}/register.csv"
    Record(url, '"one"', LAST_MODIFIED, len(BODY)).write(beside(part, ".json"))
    assert (get().folder / "register.csv").read_bytes() == BODY
    assert publisher.asked == []


def test_a_server_that_is_not_there_is_asked_several_times_and_then_named(get):
    with pytest.raises(FetchFailed, match=r"http://127\.0\.0\.1:9/x\.csv cannot be reached"):
        get(File("x.csv", url="http://127.0.0.1:9/x.csv"))
    assert get.waited == [1, 2, 4, 8, 16]


# Who is busy


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_busy_is_asked_again_when_it_says(publisher, get, status):
    later = Trouble(status, {"Retry-After": "7"})
    publisher.next("/register.csv", later, Trouble(status))
    assert get().new
    assert get.waited == [7, 2]


def test_a_date_to_come_back_is_understood(publisher, get):
    publisher.next("/register.csv", Trouble(503, {"Retry-After": formatdate(usegmt=True)}))
    publisher.next("/register.csv", Trouble(503, {"Retry-After": "soon"}))
    assert get().new
    assert get.waited == [0, 2]


def test_who_asks_for_very_long_is_asked_another_day(publisher, get):
    publisher.next("/register.csv", Trouble(429, {"Retry-After": "7200"}))
    with pytest.raises(FetchFailed, match=r"429.*come back in 7,200 s"):
        get()
    assert get.waited == []


def test_who_stays_busy_is_left_alone(publisher, get):
    publisher.next("/register.csv", *[Trouble(503)] * 9)
    with pytest.raises(FetchFailed, match="answered 503"):
        get()
    assert len(publisher.asked) == polite.ATTEMPTS


# What is not the file


def test_a_web_page_is_not_taken_for_a_file(publisher, get):
    publisher["/register.csv"] = Page(b"<!doctype html><p>Log in", kind="text/html; charset=utf-8")
    with pytest.raises(FetchFailed, match=r"is a web page \(text/html\), not the file register"):
        get()
    assert nothing_whole(get)


def test_a_web_page_that_calls_itself_csv_is_not_either(publisher, get):
    publisher["/register.csv"] = Page(b"\xef\xbb\xbf\n <HTML><p>Maintenance")
    with pytest.raises(FetchFailed, match=r"is no \.csv file: .*HTML"):
        get()
    assert nothing_whole(get)


def zipped(name="a.csv"):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        # A date that is not the clock's: the same bytes each time.
        archive.writestr(zipfile.ZipInfo(name), "a;b\n" * 100)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("x.zip", zipped(), zipped()[:-30]),
        ("x.xlsx", zipped(), b"Excel"),
        ("x.ods", zipped(), b"Calc"),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", zipped()),
        ("x.parquet", b"PAR1....PAR1", b"PAR1........"),
        ("x.gz", b"\x1f\x8b\x08", b"plain"),
        ("x.json", b' {"a": 1}', b"a;b"),
        ("x.xml", b"\n<rss/>", b"no feed"),
        ("x.rss", b"<rss/>", b"<html><body>"),
        ("x.csv", b"a;b\n", zipped()),
        ("x.bib", b"@book{}", b"<!DOCTYPE html>"),
    ],
)
def test_a_file_begins_and_ends_as_its_name_says(publisher, get, name, good, bad):
    publisher["/x"] = Page(bad, kind="application/octet-stream")
    with pytest.raises(FetchFailed, match=rf"is no \{name[1:]} file"):
        get(File(name, url=f"{publisher.root}/x"))
    publisher["/x"] = Page(good, kind="application/octet-stream")
    assert (get(File(name, url=f"{publisher.root}/x")).folder / name).read_bytes() == good


def test_a_file_that_is_much_too_small_is_refused(publisher, get):
    with pytest.raises(FetchFailed, match="at least 1,000,000 are usual.*correct `least`"):
        get(csv_file(publisher, least=1_000_000))
    assert nothing_whole(get)


def test_a_file_that_is_not_there_is_told_with_its_status(publisher, get):
    del publisher["/register.csv"]
    with pytest.raises(FetchFailed, match="register.csv answered 404 Not Found"):
        get()


# Where it leads


def test_a_redirect_is_followed_to_a_host_of_the_list(publisher, get):
    publisher.next("/stable", Trouble(302, {"Location": "/register.csv"}))
    assert get(File("register.csv", url=f"{publisher.root}/stable")).new


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("https://elsewhere.example/register.csv", "its host is not in the source's fetch.toml"),
        ("http://www.data.gouv.fr/register.csv", "it is not https"),
        ("file:///etc/passwd", "it is not https"),
        ("https://127.0.0.1@elsewhere.example/x", "its host is not in"),
        ("http://[::1]:1/x", "its host is not in"),
        ("", "redirected more than"),
    ],
)
def test_a_redirect_to_elsewhere_is_not_followed(publisher, get, location, problem):
    publisher.next("/stable", *[Trouble(302, {"Location": location})] * 9)
    with pytest.raises(FetchFailed, match=problem):
        get(
            File("register.csv", url=f"{publisher.root}/stable"),
            hosts=("127.0.0.1", "www.data.gouv.fr"),
        )
    assert {path for path, _ in publisher.asked} == {"/stable"}


def test_an_address_that_is_not_on_the_list_is_not_asked(publisher, get):
    with pytest.raises(FetchFailed, match="its host is not in"):
        get(hosts=("www.data.gouv.fr",))
    assert publisher.asked == []


# What the publisher says of it


def resource(publisher, checksum=None, filetype="file", **more):
    return {
        "url": f"{publisher.root}/register.csv",
        "checksum": checksum,
        "filetype": filetype,
        "last_modified": "2026-11-01T00:00:00+00:00",
        **more,
    }


def as_json(value):
    return Page(json.dumps(value).encode(), kind="application/json", etag="")


@pytest.mark.parametrize("method", ["sha1", "sha256", "md5"])
def test_the_publishers_checksum_is_compared(publisher, get, method):
    sums = {"type": method, "value": hashlib.new(method, BODY).hexdigest().upper()}
    api = "/api/2/datasets/resources/rid/"
    publisher[api] = as_json({"resource": resource(publisher, sums), "dataset_id": "d"})
    assert get(File("register.csv", resource="rid")).new
    publisher["/register.csv"] = Page(BODY[:-1], etag='"damaged"')
    with pytest.raises(FetchFailed, match=f"(?s)has the {method} .*was damaged, or replaced"):
        get(File("register.csv", resource="rid"), date="2026-11-25")
    assert not (get.folder / "2026-11-25").exists()
    assert not (get.folder / ".partial" / "register.csv.part").exists()


def test_the_checksum_of_a_file_that_lies_elsewhere_says_nothing(publisher, get):
    found = resource(publisher, {"type": "sha1", "value": "0" * 40}, filetype="remote")
    publisher["/api/2/datasets/resources/rid/"] = as_json({"resource": found})
    assert get(File("register.csv", resource="rid")).new


def test_of_a_data_set_the_newest_resource_that_matches_is_taken(publisher, get):
    publisher["/waldec_2.zip"] = Page(zipped(), kind="application/zip")
    resources = [
        resource(publisher),
        resource(publisher, url=f"{publisher.root}/waldec_1.zip", last_modified="2026-10-01"),
        resource(publisher, url=f"{publisher.root}/waldec_2.zip", last_modified="2026-11-01"),
    ]
    publisher["/api/1/datasets/rna/"] = as_json({"resources": resources})
    wanted = File("waldec.zip", dataset="rna", like=r"waldec_\d+\.zip")
    assert (get(wanted).folder / "waldec.zip").read_bytes() == zipped()
    with pytest.raises(FetchFailed, match=r"has nothing like 'import'; there is: .*waldec_1"):
        get(File("import.zip", dataset="rna", like="import"))


def test_an_api_that_does_not_answer_with_json_is_named(publisher, get):
    publisher["/api/1/datasets/rna/"] = Page(b"<html>", kind="text/html")
    with pytest.raises(FetchFailed, match="did not answer with JSON"):
        get(File("x", dataset="rna", like="x"))


def test_the_one_link_of_a_page_is_followed(publisher, get):
    publisher["/page"] = Page(
        b"<html><a href='/files/abc-1'>List</a> <a href=\"/about\">", kind="text/html"
    )
    publisher["/files/abc-1"] = Page(zipped(), kind="application/octet-stream")
    wanted = File("esus.xlsx", page=f"{publisher.root}/page", link="/files/[0-9a-z-]+$")
    assert (get(wanted).folder / "esus.xlsx").read_bytes() == zipped()
    publisher["/page"] = Page(b"<a href='/files/a'><a href='/files/b'>", kind="text/html")
    with pytest.raises(FetchFailed, match=r"one link like .*; it has: .*/files/a, .*/files/b"):
        get(wanted)


# The disk


def test_a_file_that_does_not_fit_on_the_disk_is_not_begun(publisher, get, monkeypatch):
    room = shutil.disk_usage(get.folder.parent)._replace(free=1 << 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: room)
    with pytest.raises(FetchFailed, match="register.csv needs .* MiB.*Make room"):
        get()
    assert nothing_whole(get)


def test_a_disk_that_fills_up_meanwhile_is_told_in_one_line_and_the_rest_comes_later(
    publisher, get
):
    toml = get.folder.parent / "fetch.toml"
    toml.write_text(
        f'hosts = ["127.0.0.1"]\n[[files]]\nname = "register.csv"\n'
        f'url = "{publisher.root}/register.csv"\n'
    )
    limit = 100_000
    code = (
        "import resource\nfrom pathlib import Path\nfrom kg import cli\n"
        "from kg.fetch import addresses\n"
        f"addresses.known = lambda: {{'test': Path({str(toml)!r})}}\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "cli.main(['fetch', 'test'])"
    )
    environment = {**os.environ, "KG_VAR": str(get.folder.parent / "var")}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("kg: ")
    assert "cannot be written" in done.stderr and "Traceback" not in done.stderr
    raw = get.folder.parent / "var" / "raw"
    part = raw / "test" / ".partial" / "register.csv.part"
    assert part.read_bytes() == BODY[:limit]
    assert fetch.newest(raw, "test") is None


# Pages


def test_a_search_is_saved_page_by_page_to_its_end(publisher, get):
    marks = {"*": ("a", [1, 2]), "a": ("b", [3]), "b": ("b", [])}

    def answer(parameters):
        following, documents = marks[parameters["cursorMark"]]
        assert (parameters["q"], parameters["sort"]) == ("ess", "docid asc")
        return as_json({"response": {"docs": documents}, "nextCursorMark": following})

    publisher["/search/"] = answer
    wanted = Search("hal", f"{publisher.root}/search/", {"q": "ess"})
    fetched = get(*[csv_file(publisher)], searches=(wanted,))
    names = sorted(path.name for path in fetched.folder.iterdir())
    assert names == ["hal-00001.json", "hal-00002.json", "hal-00003.json", "register.csv"]
    assert json.loads((fetched.folder / "hal-00002.json").read_text())["response"]["docs"] == [3]
    assert fetch.newest(get.folder.parent, "test") == fetched.folder


def test_a_search_that_broke_off_goes_on_with_the_page_that_was_missing(publisher, get):
    publisher["/search/"] = lambda p: as_json(
        {
            "response": {"docs": [p["cursorMark"]] if p["cursorMark"] != "3" else []},
            "nextCursorMark": str(min(3, 1 + int(p["cursorMark"].replace("*", "0")))),
        }
    )
    wanted = Search("hal", f"{publisher.root}/search/")
    publisher.next("/search/", Trouble(), Trouble(404))
    with pytest.raises(FetchFailed, match="404"):
        get(csv_file(publisher), searches=(wanted,))
    assert fetch.newest(get.folder.parent, "test") is None
    fetched = get(csv_file(publisher), searches=(wanted,))
    marks = [path.partition("cursorMark=")[2] for path, _ in publisher.asked if "cursor" in path]
    assert [mark.replace("%2A", "*") for mark in marks] == ["*", "1", "1", "2", "3"]
    assert len(list(fetched.folder.glob("hal-*.json"))) == 4


def test_what_does_not_answer_a_search_is_named(publisher, get):
    publisher["/search/"] = as_json({"error": "undefined field"})
    with pytest.raises(FetchFailed, match="did not answer a search: .*undefined field"):
        get(csv_file(publisher), searches=(Search("hal", f"{publisher.root}/search/"),))


OAI = (
    '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    "{}</OAI-PMH>"
)
RECORDS = "<ListRecords><record><header/></record>{}</ListRecords>"
TOKEN = "<resumptionToken>{}</resumptionToken>"


def oai(content):
    return Page(OAI.format(content).encode(), kind="text/xml; charset=utf-8", etag="")


def archive_pages(parameters):
    token = parameters.get("resumptionToken")
    if token is None:
        assert (parameters["metadataPrefix"], parameters["set"]) == ("oai_dc", "ess")
        return oai(RECORDS.format(TOKEN.format("t2")))
    if token == "t2":
        return oai(RECORDS.format(TOKEN.format("")))
    return oai('<error code="badResumptionToken">expired</error>')


def test_an_archive_is_harvested_page_by_page_to_its_end(publisher, get):
    publisher["/oai"] = archive_pages
    publisher.next("/oai", Trouble(503, {"Retry-After": "3"}))
    wanted = Archive("theses", f"{publisher.root}/oai", {"set": "ess"})
    fetched = get(csv_file(publisher), archives=(wanted,))
    assert sorted(path.name for path in fetched.folder.glob("*.xml")) == [
        "theses-00001.xml",
        "theses-00002.xml",
    ]
    assert b"t2" in (fetched.folder / "theses-00001.xml").read_bytes()
    assert get.waited == [3]


def test_a_token_that_has_expired_begins_the_harvest_anew(publisher, get):
    publisher["/oai"] = archive_pages
    state = get.folder / ".partial" / "theses.part"
    state.parent.mkdir(parents=True)
    state.write_text('[7, "old"]')
    for number in range(1, 8):
        (state.parent / f"theses-{number:05}.xml").write_text("<old/>")
    wanted = Archive("theses", f"{publisher.root}/oai", {"set": "ess"})
    fetched = get(csv_file(publisher), archives=(wanted,))
    assert len(list(fetched.folder.glob("*.xml"))) == 2


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (oai('<error code="noRecordsMatch">none</error>'), "answered: none"),
        (Page(b"<html><p>Moved", kind="text/html"), "did not answer as an OAI-PMH archive does"),
        (Page(b"", kind="text/xml"), "did not answer as an OAI-PMH archive does"),
    ],
)
def test_what_is_no_archive_is_named(publisher, get, page, problem):
    publisher["/oai"] = page
    wanted = Archive("theses", f"{publisher.root}/oai", {"set": "ess"})
    with pytest.raises(FetchFailed, match=problem):
        get(csv_file(publisher), archives=(wanted,))


# Two at once, and what is not fetched


def test_two_fetches_of_one_source_at_once_are_refused(get):
    get.folder.mkdir()
    with fetch._alone(get.folder), pytest.raises(FetchFailed, match="being fetched already"):
        get()


def test_a_source_that_is_got_in_another_way_says_how(get):
    with pytest.raises(InputError, match="'test' is not fetched.*npm ci"):
        get(instead="run npm ci")
