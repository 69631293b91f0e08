"""How long a build takes, stage by stage, and how much memory: `python -m bench.build`.

    python -m bench.build --profile employers --units 3000000 --flagged 1200000
    python -m bench.build --profile national --units 29000000 --flagged 1200000    (60 GB of disk)

The registers are invented (`bench.registers`), with as many legal units as one says, and kept in
<var>/bench/registers (empty it when that module has changed); the build is
that of `kg build`, in a process of its own, whose memory is looked at with that of its children.
It is then built again after one source has changed. Unless --no-peer, the mapping of Sirene is
compared with that of Morph-KGC on the same file (`bench/mapping/`); install it in
<var>/bench/venv. The figures go to <var>/bench/builds/*.json, and docs/scale.md is written from
those of all sizes.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import scale
from bench.peers import memory, processor
from bench.registers import generate
from kg import build, convert, sources
from kg.plan import Plan, read
from kg.release import Release, Releases
from kg.settings import ROOT, Settings

STAGE = re.compile(r"\s*([\d.]+) s  (.+)")
DATE = "2026-01-01"
COMPARED = 100_000
RML = Path(__file__).parent / "mapping" / "sirene.rml.ttl"
CONFIG = """[CONFIGURATION]
output_file=out.nt
number_of_processes={cores}
[sirene]
mappings=sirene.rml.ttl
"""


class Watch:
    """What a process and its children used since that was last asked for."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._used, self._ended = pid, 0.0, 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        # The kernel adds up every page of a process for it: asked oftener, it takes a quarter of a
        # core from a large build.
        while not self._ended.wait(2.0):
            self._peak = max(self._peak, memory(self._pid))

    def peak(self) -> float:
        """The greatest memory, in MiB."""
        peak, self._peak = self._peak, 0.0
        return peak

    def processor(self) -> float:
        """Seconds of all cores together."""
        before, self._used = self._used, processor(self._pid)
        return self._used - before

    def end(self) -> None:
        self._ended.set()
        self._thread.join()


def plan(profile: str, given: dict[str, Path]) -> Plan:
    """The profile's sources over invented files, of which nobody expects the whole of France."""
    what = read(profile, given)
    options = {
        source.name: {
            **what.options[source.name],
            **({"extent": "part"} if "extent" in source.options else {}),
        }
        for source in what.sources
    }
    return Plan(what.sources, given, options)


def built(profile: str, files: Path, var: Path) -> tuple[list[dict[str, Any]], float]:
    """The stages of a build in a process of its own, and its seconds."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "bench.build", "--only", str(var), str(files), profile]
    stages = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        watch = Watch(process.pid)
        assert process.stderr is not None
        for line in process.stderr:
            print(line, end="", flush=True)
            if stage := STAGE.fullmatch(line.rstrip()):
                seconds, name = float(stage[1]), stage[2]
                used = {"processor": watch.processor(), "memory": watch.peak()}
                stages.append({"name": name, "seconds": seconds, **used})
        watch.end()
    if process.returncode:
        raise SystemExit(process.returncode)
    return stages, time.perf_counter() - start


def build_only(var: str, files: str, profile: str) -> None:
    """What the process of its own does."""
    given = json.loads(Path(files).read_text())
    settings = Settings(var=Path(var))
    what = plan(profile, {name: Path(path) for name, path in given.items()})
    build.build(settings, what, DATE, Console(stderr=True, width=120))


def generated(folder: Path, units: int, flagged: int) -> dict[str, Path]:
    """The registers of a size: the same whenever they are made, so they are made once."""
    made = folder / "files.json"
    if made.exists():
        return {name: Path(path) for name, path in json.loads(made.read_text()).items()}
    files = generate(folder, units, flagged)
    made.write_text(json.dumps({name: str(path) for name, path in files.items()}))
    return files


def changed(files: dict[str, Path], folder: Path) -> dict[str, Path]:
    """The same files, but for a list that has lost its last row."""
    path = folder / "changed" / files["ess-france"].name
    path.parent.mkdir(exist_ok=True)
    lines = files["ess-france"].read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    return {**files, "ess-france": path}


def compare(folder: Path, rows: int, tools: Path) -> dict[str, Any] | None:
    """Seconds and statements of our mapping and of Morph-KGC's, from CSV to statements on disk."""
    if not (python := tools / "python").exists():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    file = generate(folder, rows, rows, "csv")["sirene"]
    shutil.copy(RML, folder)
    cores = os.cpu_count() or 1
    (folder / "config.ini").write_text(CONFIG.format(cores=cores))
    other: list[float] = []
    ours: list[float] = []
    for turn in range(3):
        command = [str(python), "-m", "morph_kgc", "config.ini"]
        other.append(_timed(lambda c=command: subprocess.run(c, cwd=folder, check=True)))
        source, build_folder = sources.load("sirene"), folder / f"ours-{turn}"
        start = time.perf_counter()
        done = convert.convert(source, file, build_folder, options={"extent": "part"})
        ours.append(time.perf_counter() - start)
    with (folder / "out.nt").open("rb") as lines:
        number = sum(1 for _ in lines)
    return {
        "rows": rows,
        "kg": {"seconds": min(ours), "statements": done.outcome.statements},
        "Morph-KGC": {"seconds": min(other), "statements": number},
    }


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(
    profile: str, units: int, flagged: int, folder: Path, keep: bool = False
) -> dict[str, Any]:
    """All figures of a build, and of the next one after a list has changed."""
    registers = folder / "registers" / f"{units}-{flagged}"
    files = generated(registers, units, flagged)
    var = folder / "builds" / f"{profile}-{units}"
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    (var / "files.json").write_text(json.dumps({n: str(p) for n, p in files.items()}))
    stages, seconds = built(profile, var / "files.json", var)
    made = Releases(Settings(var=var).releases).current()
    assert made is not None
    figures = {
        "profile": profile,
        "units": units,
        "flagged": flagged,
        "rows": sum(each["rows"] for each in made.manifest["sources"]),
        "statements": made.manifest["counts"]["statements"],
        "entities": made.manifest["counts"]["entities"],
        "seconds": seconds,
        "stages": stages,
        "sizes": sizes(made),
    }
    (var / "files.json").write_text(
        json.dumps({n: str(p) for n, p in changed(files, registers).items()})
    )
    again, seconds = built(profile, var / "files.json", var)
    figures["again"] = {"seconds": seconds, "stages": again}
    if not keep:
        shutil.rmtree(var)
    return figures


def sizes(made: Release) -> dict[str, int]:
    """The bytes of a release, by what they are."""
    found = {
        path.name: sum(
            each.stat().st_size for each in ([path] if path.is_file() else path.rglob("*"))
        )
        for path in made.folder.iterdir()
    }
    return {
        name: found[name]
        for name in ("statements.parquet", "dumps", "search", "store")
        if name in found
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="employers")
    parser.add_argument("--units", type=int, default=100_000, help="legal units in the registers")
    parser.add_argument("--flagged", type=int, help="those of the ESS; one in 24 if not given")
    parser.add_argument("--no-peer", action="store_true", help="no comparison of the mapping")
    parser.add_argument("--loaded", action="store_true", help="note that the machine was busy")
    parser.add_argument("--keep", action="store_true", help="leave the releases to look at")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        build_only(*given.only)
        return
    folder = Settings.from_environment().var / "bench"
    flagged = given.flagged or max(1, given.units // 24)
    figures = {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "busy": given.loaded,
        **measure(given.profile, given.units, flagged, folder, given.keep),
    }
    if not given.no_peer:
        figures["mapping"] = compare(folder / "mapping", COMPARED, folder / "venv" / "bin")
    path = folder / "builds" / f"{given.profile}-{given.units}.json"
    path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    scale.write(folder / "builds")


if __name__ == "__main__":
    main()
