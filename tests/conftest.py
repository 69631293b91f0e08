"""What all tests share."""

import fcntl
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.console import Console

from kg import build, plan
from kg.release import Release, Releases
from kg.settings import ROOT, Settings
from kg.sources import Triple
from tests.sources import registers
from tests.sources.snapshot import assert_snapshot, canonical


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-snapshots",
        action="store_true",
        help="write the expected.nt files anew from what the sources produce now, and the rows of "
        "questions that need registers",
    )


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[Path, Iterable[Triple]], None]:
    """`snapshot(path, triples)` asserts that the file holds these statements, sorted."""
    rewrite: bool = request.config.getoption("--rewrite-snapshots")
    return lambda path, triples: assert_snapshot(path, canonical(triples), rewrite)


@pytest.fixture(scope="session")
def default_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release that `kg build` makes, built once for all tests and all workers of xdist."""
    packages = ROOT / "kg" / "sources" / "territories" / "node_modules"
    if not packages.is_dir():
        pytest.skip(
            f"the official territories are not installed: run 'npm ci' in {packages.parent}"
        )

    def built(var: Path) -> Release:
        quiet = Console(quiet=True)
        return build.build(Settings(var=var), plan.read("default", {}), "2026-11-23", quiet)

    return _once(tmp_path_factory, "default-release", built)


@pytest.fixture(scope="session")
def registers_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release of the samples of all registers, built once likewise."""
    return _once(tmp_path_factory, "registers-release", registers.released)


def _once(factory: pytest.TempPathFactory, name: str, built: Callable[[Path], Release]) -> Release:
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of this run; without workers, the parent is that of all runs
    settings = Settings(var=folder / name)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Releases(settings.releases).current() or built(settings.var)
