"""The documentation holds what the code has."""

import json
import re
from dataclasses import fields

import pytest

from kg.cli import commands
from kg.query import Request
from kg.query.local import LocalEngine, open_store
from kg.settings import ROOT, Settings
from kg.sources import load, names
from kg.vocab import prefixes


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(commands.commands))
def test_every_command_has_its_heading_in_docs_cli(command):
    assert f"## kg {command}\n" in text("docs/cli.md")


@pytest.mark.parametrize("command", sorted(commands.commands))
def test_every_command_and_option_explains_itself(command):
    found = commands.commands[command]
    for name, each in getattr(found, "commands", {"": found}).items():
        assert found.help and each.help
        assert not name or f"`kg {command} {name}`" in text("docs/cli.md")
        for option in each.params:
            assert option.param_type_name == "argument" or option.help, option.name


@pytest.mark.parametrize("setting", [each.name for each in fields(Settings)])
def test_every_setting_is_in_docs_settings(setting):
    assert f"| `KG_{setting.upper()}` |" in text("docs/settings.md")


@pytest.mark.parametrize("name", names())
def test_every_source_has_a_description_and_stands_in_the_docs(name):
    assert load(name).description.is_file()
    assert f"`{name}`" in text("docs/sources.md")


def test_every_link_in_the_documentation_leads_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_makefile_has_the_targets_that_the_readme_names():
    makefile = text("Makefile")
    for target in re.findall(r"`make ([a-z]+)`", text("README.md")):
        assert re.search(rf"^{target}\b.*:", makefile, re.MULTILINE), target


def test_lock_files_name_no_registry():
    for lock in ROOT.glob("*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock
    for folder in ("kg", "tests"):
        for lock in (ROOT / folder).rglob("package-lock.json"):
            if "node_modules" not in lock.parts:
                packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
                assert not [name for name, each in packages.items() if "resolved" in each], lock


def test_the_readme_shows_the_answer_that_its_query_gets(default_release):
    block = re.search(r"kg query --format csv '\n(.*?)'\n(.*?)```", text("README.md"), re.DOTALL)
    assert block
    declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes().items())
    request = Request(declared + block[1], media_type="text/csv")
    answer = LocalEngine(open_store(default_release)).answer(request).read().decode()
    assert answer.replace("\r\n", "\n") == block[2]
