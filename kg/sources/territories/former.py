"""Former communes: which current commune each old code leads to.

Three accounts of it, the best first:

1. a delegated or associated commune names the commune that it belongs to today;
2. INSEE's movements: the commune into which it last ended (several, when it was shared out),
   followed to the present;
3. `anciensCodes`, where a current commune lists the codes that it absorbed.

A code that a current commune bears is not a former one, even when a delegated commune within it
bears it too (01015 is Arboys en Bugey and, inside it, Arbignieu): the old name then becomes a
former name of the current commune.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.errors import InputError
from kg.sources.rows import Row

CURRENT = "communes/commune-actuelle"
PARTS = frozenset({"communes/commune-deleguee", "communes/commune-associee"})

# INSEE's codes of movements (MOD): suppression, mergers; the commune lives on under another code;
# all others (names, creations, restorations, changes among parts of a commune) end no commune.
ENDED = frozenset({"30", "31", "32", "33"})
RECODED = frozenset({"41", "50"})
OTHER = frozenset({"10", "20", "21", "34", "35", "70", "71", "72"})

# Communes of Guadeloupe that became overseas collectivities (organic law 2007-223 of 21 February
# 2007): the movements end them without naming what follows.
BECAME = {"97123": "97701", "97127": "97801"}


@dataclass(frozen=True)
class Past:
    """What is known of old codes, by code."""

    current: dict[str, Row]
    parts: dict[str, Row]  # delegated and associated communes
    absorbed: dict[str, Row]  # the current commune that lists the code among its `anciensCodes`
    ends: dict[str, list[Row]]  # the movements of the last day on which the code ended

    def successors(self, code: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """The current communes that a code leads to; empty if it leads nowhere."""
        if code in self.current:
            return {code}
        if code in seen:
            return set()
        if code in self.parts:
            following = [self.parts[code]["chefLieu"]]
        elif code in BECAME:
            following = [BECAME[code]]
        elif code in self.ends:
            following = [row["COM_AP"] for row in self.ends[code]]
        else:
            following = [self.absorbed[code]["code"]] if code in self.absorbed else []
        return {found for each in following for found in self.successors(each, seen | {code})}


def communes(rows: list[Row], movements: list[Row]) -> Iterator[Row]:
    """Rows of the tables `former-commune` and `former-name`."""
    current = {row["code"]: row for row in rows if row["table"] == CURRENT}
    past = Past(
        current=current,
        parts={row["code"]: row for row in rows if row["table"] in PARTS},
        absorbed={old: row for row in current.values() for old in _old_codes(row)},
        ends=_ends(movements),
    )
    for code in sorted({*past.parts, *past.absorbed, *past.ends} - {*current}):
        yield _former(code, past)
    yield from _former_names(past, movements)


def _old_codes(row: Row) -> list[str]:
    return row.get("anciensCodes", "").split()


def _ends(movements: list[Row]) -> dict[str, list[Row]]:
    """Code to the movements of the last day on which a commune with that code ended."""
    ends: dict[str, list[Row]] = {}
    for row in sorted(movements, key=lambda row: row["DATE_EFF"]):
        if row["MOD"] not in ENDED | RECODED | OTHER:
            raise InputError(
                "is not a known kind of movement",
                file=row.file,
                line=row.line,
                column="MOD",
                value=row["MOD"],
                mend="add it to ENDED, RECODED or OTHER in kg/sources/territories/former.py",
            )
        code = row["COM_AV"]
        if not _is_end(row):
            continue
        if code in ends and ends[code][0]["DATE_EFF"] == row["DATE_EFF"]:
            ends[code].append(row)
        else:
            ends[code] = [row]
    return ends


def _is_end(row: Row) -> bool:
    return (
        row["MOD"] not in OTHER
        and row["COM_AV"] != row["COM_AP"]
        and row["TYPECOM_AV"] == "COM"
        and row["TYPECOM_AP"] in {"COM", ""}
    )


def _former(code: str, past: Past) -> Row:
    """The row of a former commune: its name, its end and what follows it, as far as known."""
    part, ends = past.parts.get(code), past.ends.get(code)
    name, origin, ended = f"ancien code {code}", past.absorbed.get(code), ""
    if ends:
        name, origin = ends[0]["LIBELLE_AV"], ends[0]
        ended = ends[0]["DATE_EFF"] if ends[0]["MOD"] in ENDED else ""
    if part:
        name, origin = part["nom"], part
    assert origin is not None
    successors = sorted(past.successors(code))
    values = {
        "table": "former-commune",
        "code": code,
        "nom": name,
        "departement": _departement(past.current[successors[0]] if successors else None, code),
        "replaced_by": " ".join(successors),
        "ended": ended,
    }
    return Row(values, origin.file, origin.line)


def _departement(successor: Row | None, code: str) -> str:
    """The département of the commune that follows, else the one that the old code begins with."""
    if successor:
        return successor["departement"]
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _former_names(past: Past, movements: list[Row]) -> Iterator[Row]:
    """Names that current communes no longer bear."""
    named = [(row["code"], row["nom"], row) for row in past.parts.values()]
    for row in movements:
        if row["TYPECOM_AV"] == row["TYPECOM_AP"] == "COM" and row["COM_AV"] == row["COM_AP"]:
            named.append((row["COM_AV"], row["LIBELLE_AV"], row))
    for code, name, row in named:
        if code in past.current and name != past.current[code]["nom"]:
            values = {"table": "former-name", "code": code, "nom": name}
            yield Row(values, row.file, row.line)
