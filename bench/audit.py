"""What Lighthouse says of every type of page: `make bench-audit`, or `python -m bench.audit`.

The default release is built and served on loopback, as anyone gets it; each page is audited as a
phone with a slow connection loads it. What costs a score points is named. The table goes to
docs/lighthouse.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.report import table
from kg.settings import ROOT
from tests.browser.pages import PAGES, address
from tests.served import serve

TOOL = Path(__file__).parent / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
DOCS = ROOT / "docs" / "lighthouse.md"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = 95
# Robots are asked not to read these (`kg.web.harvest.crawlers`): Lighthouse takes it for a mistake.
UNLISTED = {"search", "map", "links", "graph", "fragments"}
# It audits no page of status 404.
LEFT_OUT = {"error"}
HEAD = f"""# Lighthouse

Written by `make bench-audit`: the default release as a phone loads it over a slow connection
(Lighthouse's own settings), in Chromium; of several audits the median. Every score is to be {LEAST}
or more.

`robots.txt` keeps robots from what has no end (searches, filtered lists, patterns) and from what
shows a thing in another way (its neighbours, one list of its links). Lighthouse takes that for a
mistake: the SEO of these is lower for nothing else (`is-crawlable`).
"""


def audit(url: str, chromium: str) -> dict[str, Any]:
    """The scores of a page by category, 0 to 100, and the audits that cost it points."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [
            *(str(TOOL), url, "--quiet", "--output=json", f"--output-path={path}"),
            f"--only-categories={','.join(CATEGORIES)}",
            "--chrome-flags=--headless=new --no-sandbox",
        ]
        subprocess.run(command, check=True, env={**os.environ, "CHROME_PATH": chromium})
        report = json.loads(path.read_text(encoding="utf-8"))
    return {"scores": _scores(report), "missed": _missed(report)}


def _scores(report: dict[str, Any]) -> dict[str, float]:
    found = {name: report["categories"][name]["score"] for name in CATEGORIES}
    return {name: round(100 * score) for name, score in found.items() if score is not None}


def _missed(report: dict[str, Any]) -> list[str]:
    """The audits that count and that are not passed, by their names."""
    counting = {
        each["id"]
        for category in report["categories"].values()
        for each in category["auditRefs"]
        if each["weight"]
    }
    audits = report["audits"]
    return sorted(
        name
        for name in counting
        if audits[name]["score"] is not None and audits[name]["score"] < 0.9
    )


def measure(root: str, chromium: str, times: int, only: str) -> list[list[str]]:
    """A row for every type of page."""
    rows = []
    for name in PAGES:
        if name in LEFT_OUT or only not in name:
            continue
        runs = [audit(f"{root}{address(name, 'fr')}", chromium) for _ in range(times)]
        scores = {
            each: statistics.median(run["scores"][each] for run in runs) for each in CATEGORIES
        }
        missed = sorted({each for run in runs for each in run["missed"]})
        rows.append([name, *(_cell(name, *each) for each in scores.items()), ", ".join(missed)])
        print(" | ".join(rows[-1]), flush=True)
    return rows


def _cell(name: str, category: str, score: float) -> str:
    if category == "seo" and name in UNLISTED:
        return f"{score:.0f}"
    return f"**{score:.0f}** {'✓' if score >= LEAST else '✗'}"


def main() -> None:
    """Run from a shell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--times", type=int, default=1, help="audits of each page")
    parser.add_argument("--only", default="", help="types of page whose names have this")
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="with the release to serve")
    given = parser.parse_args()
    with serve(given.var) as server:
        rows = measure(server.root, given.chromium, given.times, given.only)
    if given.only:
        return
    shown = table(["type of page", *CATEGORIES, "not passed"], rows)
    said = f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}, audits of each page: {given.times}."
    DOCS.write_text(f"{HEAD}\n{said}\n\n{shown}", encoding="utf-8")


if __name__ == "__main__":
    main()
