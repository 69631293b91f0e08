"""What the tests of several sources need: the sample of territories, and other sources' words."""

from pathlib import Path

import pytest

from kg import sources
from kg.convert import convert
from tests import tiny


@pytest.fixture(scope="session")
def territories(tmp_path_factory):
    """The statements of the sample of territories, a Parquet file."""
    build = tmp_path_factory.mktemp("territories")
    sample = Path(__file__).parent / "territories"
    return convert(sources.load("territories"), sample, build).statements


@pytest.fixture(scope="session")
def others(tmp_path_factory):
    """`others(row, …)`: what another source states with these rows of `tests/tiny.py`."""

    def stated(*rows):
        folder = tmp_path_factory.mktemp("others")
        return convert(tiny.source(folder, *rows), None, folder / "build").statements

    return stated


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The curated sample, converted: what other sources may need."""
    sample = Path(__file__).parent / "curated"
    done = convert(sources.load("curated"), sample, tmp_path_factory.mktemp("converted"))
    return {"curated": done.statements}
