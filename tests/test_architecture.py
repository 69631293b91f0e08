"""Dependencies go one way."""

import ast

import pytest

from kg.settings import ROOT

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "kg").rglob("*.py")
    if "node_modules" not in path.parts
}
LOW = {
    *("kg.errors", "kg.settings", "kg.clean", "kg.vocab", "kg.iri", "kg.ledger", "kg.linked"),
    "kg.queryfile",
    "kg.sql",
}
# From whom to what it may import, besides LOW.
ALLOWED = {
    "kg.web": {
        *("kg.web", "kg.query", "kg.release", "kg.history", "kg.search", "kg.changes"),
        "kg.fragments",
    },
    "kg.query": {"kg.query", "kg.release"},
    "kg.sources": {"kg.sources"},
    "kg.release": set(),
    "kg.search": {"kg.search", "kg.hierarchy"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


def within(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_what_stands_below_it(name):
    area = next((area for area in ALLOWED if within(name, {area})), None)
    ours = {found for found in imports(MODULES[name]) if found.split(".")[0] == "kg"} - {"kg"}
    if name in LOW:
        assert not {found for found in ours if not within(found, LOW)}
    elif area:
        wrong = {found for found in ours if not within(found, ALLOWED[area] | LOW)}
        assert not wrong, f"{name} may import {sorted(ALLOWED[area])}, not {sorted(wrong)}"
    else:
        assert name in {"kg.cli", "kg.serve"} or not {f for f in ours if within(f, {"kg.web"})}


def test_the_process_that_forks_query_workers_loads_neither_flask_nor_rdflib():
    import subprocess
    import sys

    code = "import sys, kg.cli, kg.serve; print({'flask', 'rdflib', 'duckdb'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
