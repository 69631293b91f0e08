"""What tests of several sources share."""

from pathlib import Path

import pytest

from kg.convert import convert
from kg.sources import load


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The curated sample, converted: what other sources may need."""
    sample = Path(__file__).parent / "curated"
    done = convert(load("curated"), sample, tmp_path_factory.mktemp("converted"))
    return {"curated": done.statements}
