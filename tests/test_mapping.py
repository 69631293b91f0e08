"""Mapping in several processes: the same files, whatever their number and whatever ended before."""

import os
import signal
from dataclasses import replace

import pytest

from kg import mapping
from kg.errors import KgError
from kg.mapping import map_rows
from kg.sources import Inputs
from kg.sources.rows import LeftOut

from . import tiny

ROWS = [f"o{number},{'crash' if number == 33 else f'Org {number}'},,a" for number in range(100)]


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(mapping, "CHUNK", 10)
    return tiny.source(tmp_path / "tiny", *ROWS)


def rows_of(source):
    return source.records(Inputs(source.paths(None)))


def mapped(source, folder, processes):
    folder.mkdir(parents=True, exist_ok=True)
    return map_rows(source, rows_of(source), folder, processes)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def killed(row):
    """What a process that is out of memory does."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_files_do_not_depend_on_the_number_of_processes(source, tmp_path):
    one, three = (mapped(source, tmp_path / str(number), number) for number in (1, 3))
    assert files(tmp_path / "1") == files(tmp_path / "3")
    assert len(files(tmp_path / "1")) == 20
    assert one == three
    assert (one.rows, one.statements) == (100, 297)
    assert [each.line for each in one.set_aside] == [35]


def test_chunks_that_are_done_are_not_mapped_again(source, tmp_path):
    first = mapped(source, tmp_path / "out", 2)
    (tmp_path / "out" / "00003.json").unlink()
    (tmp_path / "out" / "half.tmp").mkdir()
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.json")}
    assert mapped(source, tmp_path / "out", 2) == first
    assert all(path.stat().st_mtime_ns == time for path, time in done.items())
    assert not (tmp_path / "out" / "half.tmp").exists()
    assert (tmp_path / "out" / "00003.json").is_file()


def test_rows_that_are_left_out_make_no_chunk(source, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    outcome = map_rows(source, iter([LeftOut("old", 5), LeftOut("old"), LeftOut("far", 2)]), folder)
    assert (outcome.rows, outcome.left_out, outcome.statements) == (8, {"old": 6, "far": 2}, 0)
    assert sorted(files(folder)) == ["00000.json", "00000.parquet"]


def test_a_process_that_dies_ends_the_build_with_a_word_of_advice(source, tmp_path):
    deadly = replace(source, stated_by=killed)
    with pytest.raises(KgError, match="want of memory.*run the build again"):
        mapped(deadly, tmp_path / "out", 2)
