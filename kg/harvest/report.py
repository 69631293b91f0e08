"""What a harvest check found: for each interface how much was looked at, and what is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

# How many problems of an interface are told; all are counted.
TOLD = 50


@dataclass
class Part:
    """One interface: what was counted on the way, and problems."""

    name: str
    seen: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    more: int = 0

    def count(self, what: str, number: int = 1) -> None:
        """So many more of something were looked at."""
        self.seen[what] = self.seen.get(what, 0) + number

    def wrong(self, problem: str) -> None:
        """Tell a problem."""
        if len(self.problems) < TOLD:
            self.problems.append(problem)
        else:
            self.more += 1


@dataclass(frozen=True)
class Report:
    """A whole check; the moment is in UTC."""

    address: str
    moment: datetime
    parts: list[Part]

    @property
    def problems(self) -> int:
        """How many problems there are."""
        return sum(len(part.problems) + part.more for part in self.parts)

    def text(self) -> str:
        """For a terminal."""
        lines = [f"{self.address}, {self.moment:%Y-%m-%d %H:%M} UTC: {self.problems} problems"]
        for part in self.parts:
            seen = ", ".join(f"{number:,} {what}" for what, number in part.seen.items())
            lines.append(f"{'wrong' if part.problems else 'ok':>5}  {part.name}: {seen}")
            lines += [f"         {problem}" for problem in part.problems]
            lines += [f"         and {part.more:,} more"] if part.more else []
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write it as JSON, at one stroke."""
        told = {"address": self.address, "moment": f"{self.moment.isoformat()}Z"}
        parts = [asdict(part) for part in self.parts]
        document = {**told, "problems": self.problems, "parts": parts}
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
        fresh.replace(path)
