"""The command line: results on standard output, one message on standard error, exit codes."""

import json

import pytest
from rich.console import Console

from kg import build, cli, sources
from kg.cli import main
from kg.errors import BuildFailed, InputError
from kg.settings import ROOT, Settings

from . import tiny


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    what = build.Plan([sources.load("ontology"), tiny.source(folder / "tiny", "avise,Avise,,a")])
    for _ in range(2):
        build.build(Settings(var=folder / "var"), what, "2026-01-31", Console(quiet=True))
    return folder / "var"


@pytest.fixture
def kg(var, monkeypatch, capfdbinary):
    """Run `kg …`; (exit code, standard output, standard error)."""
    monkeypatch.setenv("KG_VAR", str(var))

    def run(*arguments):
        code = 0
        try:
            main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def test_query_answers_without_declared_prefixes(kg):
    code, out, _ = kg("query", "SELECT ?l { organization:avise rdfs:label ?l }")
    assert (code, out) == (0, '?l\n"Avise"@fr\n')


def test_query_reads_a_file_and_gives_the_form_asked_for(kg, tmp_path):
    file = tmp_path / "q.rq"
    file.write_text("ASK { ?s ?p ?o }", encoding="utf-8")
    code, out, _ = kg("query", f"@{file}", "--format", "json")
    assert (code, json.loads(out)["boolean"]) == (0, True)


def test_query_describes_in_turtle(kg):
    _, out, _ = kg("query", "CONSTRUCT WHERE { organization:avise rdfs:label ?l }")
    assert 'organization:avise rdfs:label "Avise"@fr .' in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("query", "SELECT * { ?s"), 4, "kg: Line 1, column 14: the query ends too early"),
        (("query", "ASK {\n  ?s a ess:Organization 1 }"), 4, "kg: Line 2, column 25: 1 cannot"),
        (("serve", "--port", "99999"), 2, "99999 is not in the range 1<=x<=65535"),
        (("harvest-check", "http://127.0.0.1:1"), 1, "kg: http://127.0.0.1:1/ cannot be reached"),
        (
            ("harvest-check", "http://127.0.0.1:99999"),
            1,
            "kg: http://127.0.0.1:99999/ cannot be reached",
        ),
        (
            ("harvest-check", "ftp://x.example"),
            1,
            "kg: ftp://x.example/ is not asked: it is not https.",
        ),
        (("query", "INSERT DATA {}"), 4, "kg: This service is read-only"),
        (("query", "ASK {}", "--format", "ttl"), 2, "kg: --format: 'ttl' is not a form"),
        (("query", "@none.rq"), 2, "none.rq: cannot be read"),
        (("query", "ASK {}", "--release", "nope"), 1, "there are: 2026-01-31-1, 2026-01-31-2"),
        (("use", "nope"), 1, "There is no release 'nope'"),
        (("build", "--date", "31/01/2026"), 2, "'31/01/2026' is not a date"),
        (("build", "--profile", "nope"), 2, "'nope' is not a profile"),
        (("build", "--with", "curated"), 2, "is not SOURCE=PATH"),
        (("export", "--kind", "nope"), 2, "'nope' is not a kind"),
        (("export", "--source", "nope"), 2, "'nope' states nothing"),
        (("nope",), 2, "No such command"),
    ],
)
def test_bad_input_gets_one_clear_message_and_its_exit_code(kg, arguments, code, message):
    got, out, err = kg(*arguments)
    assert got == code
    assert message in err
    assert "Traceback" not in err
    assert out == ""


def test_releases_marks_the_current_one_and_use_changes_it(kg):
    def stars():
        return [line[0] for line in kg("releases")[1].splitlines()]

    assert stars() == [" ", "*"]
    assert kg("use", "2026-01-31-1")[0] == 0
    assert stars() == ["*", " "]
    kg("use", "2026-01-31-2")


def test_without_a_release_commands_say_what_to_do(kg, monkeypatch, tmp_path):
    monkeypatch.setenv("KG_VAR", str(tmp_path))
    for command in (("query", "ASK {}"), ("serve",), ("export",)):
        code, _, err = kg(*command)
        assert code == 1
        assert "run 'kg build'" in err


@pytest.mark.parametrize("form", ["nq", "nt", "ttl", "jsonld", "rdf"])
def test_export_writes_every_form_of_one_kind(kg, tmp_path, form):
    file = tmp_path / f"x.{form}"
    assert kg("export", "--kind", "organization", "--format", form, "-o", str(file))[0] == 0
    assert "Avise" in file.read_text()


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("KG_PORT", "http", "a number from 1 to 65535, or leave it out for 8000"),
        ("KG_PORT", "0", "a number from 1 to 65535"),
        ("KG_QUERY_WORKERS", "0", "a whole number, at least 1"),
        ("KG_CACHE_DISK", "-1", "a whole number, or"),
        ("KG_QUERY_SECONDS", "0", "a number greater than zero"),
        ("KG_QUERY_SECONDS", "nan", "a number greater than zero"),
        ("KG_BASE_IRI", "https://kg.example", "an http or https address that ends with a slash"),
        ("KG_BASE_IRI", "https://kg.example/a b/", "an http or https address"),
        ("KG_TRUSTED_PROXIES", "nobody", "addresses of networks, between commas"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(kg, monkeypatch, name, value, mend):
    monkeypatch.setenv(name, value)
    code, _, err = kg("releases")
    assert code == 2
    assert f"'{value}' is not a value for the setting {name}. To mend it: give {mend}" in err


def test_server_py_starts_what_kg_serve_starts():
    assert 'main(["serve"' in (ROOT / "server.py").read_text(encoding="utf-8")


def test_several_sources_may_be_given_at_once_and_paths_may_have_commas():
    given = cli._given(("sirene=a.csv,rna=b,c.csv", "ess-france=d=e.csv"))
    assert {name: str(path) for name, path in given.items()} == {
        "sirene": "a.csv",
        "rna": "b,c.csv",
        "ess-france": "d=e.csv",
    }
    with pytest.raises(InputError, match="'curated' is not SOURCE=PATH"):
        cli._given(("curated",))


def test_files_that_are_missing_are_all_told_before_any_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KG_VAR", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        cli.main(["build", "--profile", "national", "--with", "rna=/none/rna.csv"])
    assert ended.value.code == BuildFailed.exit_code
    told = capsys.readouterr().err
    for name in ("StockUniteLegale", "StockEtablissement", "ESS France", "ESUS", "/none/rna.csv"):
        assert name in told
    assert not (tmp_path / "build" / "sources").exists()
