"""Codes of Sirene: what its files say in the same way of legal units and of establishments.

The columns end in `UniteLegale` or `Etablissement`, which is the `suffix` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from kg import clean
from kg.sources import Triple
from kg.sources.concepts import concept
from kg.sources.rows import Row, RowError, checked
from kg.vocab import ESS, SCHEMA

UNIT, ESTABLISHMENT = "UniteLegale", "Etablissement"
OLDER = {"NAFRev1", "NAF1993", "NAP"}  # what had ceased before 2008 kept its code: not published
NOT_CODED = "00.00"  # begins the code of what has no activity code yet
UNKNOWN_DAY = "1900-01-01"
STATUSES = {"A": "active", "C": "ceased", "F": "ceased"}
NAF_2025 = re.compile(r"[0-9]{2}\.[0-9]{2}[A-Z]")


def activity(me: NamedNode, row: Row, suffix: str) -> Iterator[Triple]:
    """The main activity, in NAF rév. 2 and in NAF 2025.

    Until the end of 2026 the code of NAF 2025 has a column of its own; from 2027 on it is the only
    one, and the column of the nomenclature tells (INSEE, Sirene open data, 16 December 2025).
    """
    column = f"activitePrincipale{suffix}"
    code, nomenclature = row.take(column), row.take(f"nomenclature{column[0].upper()}{column[1:]}")
    if code and not code.startswith(NOT_CODED):
        if nomenclature == "NAFRev2":
            yield me, ESS.activity, concept("activity", column, code)
        elif nomenclature == "NAF2025":
            yield me, ESS.naf2025, _naf2025(column, code)
        elif nomenclature not in OLDER:
            raise RowError(column, code, f"is of an unknown nomenclature, {nomenclature!r}")
    column = f"activitePrincipaleNAF25{suffix}"
    if (code := row.take(column)) and not code.startswith(NOT_CODED):
        yield me, ESS.naf2025, _naf2025(column, code)


def _naf2025(column: str, code: str) -> Literal:
    if not NAF_2025.fullmatch(code):
        raise RowError(column, code, "is not a code of NAF 2025")
    return Literal(code)


def size(me: NamedNode, row: Row, suffix: str) -> Iterator[Triple]:
    """The size class; the codes are no numbers."""
    column = f"trancheEffectifs{suffix}"
    if code := row.take(column):
        yield me, ESS.sizeClass, concept("size-class", column, code)


def life(me: NamedNode, row: Row, suffix: str) -> Iterator[Triple]:
    """Creation, whether it still exists, and the day on which it ceased.

    `dateDebut` is the first day of the present state, so that of the cessation of what has ceased.
    """
    column = f"etatAdministratif{suffix}"
    code = row.take(column)
    if code not in STATUSES:
        raise RowError(column, code, f"is none of {', '.join(STATUSES)}")
    status = STATUSES[code]
    yield me, ESS.administrativeStatus, concept("administrative-status", column, status)
    yield from _day(me, row, f"dateCreation{suffix}", SCHEMA.foundingDate)
    if status == "ceased":
        yield from _day(me, row, "dateDebut", SCHEMA.dissolutionDate)
    else:
        del row["dateDebut"]


def _day(me: NamedNode, row: Row, column: str, predicate: NamedNode) -> Iterator[Triple]:
    value = row.take(column)
    if value and value != UNKNOWN_DAY:
        yield me, predicate, checked(column, value, clean.day)
