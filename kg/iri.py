"""IRIs: the one mint, and the way back.

    <base>id/<kind>/<key>            a thing            …/id/organization/siren-200046977
    <base>id/<kind>/<key>#<name>     a part of a thing  …/id/person/x#presidency-rtes
    <base>graph/<source>+<source>    the statements that exactly these sources make
    <base>ontology#<Term>            terms

A key is the authority's own identifier, its scheme in front (`siren-…`), else the name that the
curated data gives. An identifier that cannot stand in a path (an address, a DOI, the guid of a
feed's item) is hashed: `hashed`. `ontology/` is the table of kinds: a folder with `terms.ttl`, or
a SKOS scheme in `schemes/`, makes one; the schemes themselves are of the kind `scheme`.

Everything before the release is written with the canonical base; a release for another base is
made by `rebase`, in one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from uuid import NAMESPACE_URL, UUID, uuid5

from pyoxigraph import NamedNode

from kg.clean import orcid, rna, siren, siret
from kg.settings import ONTOLOGY

BASE = "https://w3id.org/ess-kg/"
KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# SQL: the graph of a statement by the list of its sources, as `graph` mints it.
GRAPH = f"'<{BASE}graph/' || array_to_string(sources, '+') || '>'"


def _matching(pattern: str, what: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"is not {what}")
        return value

    return check


# Authority schemes: what makes a value valid in each. The key is `<scheme>-<value>`.
SCHEMES: dict[str, Callable[[str], str]] = {
    "siren": siren,
    "siret": siret,
    "rna": rna,
    "insee": _matching(r"(\d{2}|2[AB])\d{3}|69M", "an INSEE code of a commune"),
    "insee-departement": _matching(r"\d{2}|2[AB]|9\d{2}", "an INSEE code of a département"),
    "insee-region": _matching(r"\d{2}|9\d{2}", "an INSEE code of a région"),
    "hal": _matching(r"[a-z][a-z0-9]*[-_]\d{8}", "a HAL identifier"),
    "idhal": _matching(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", "an IdHAL"),
    "orcid": orcid,
    "guid": _matching(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a UUID"),
    "iso": _matching(r"[A-Z]{2}", "an ISO 3166-1 code"),
}


@dataclass(frozen=True)
class Thing:
    """What an entity IRI says: kind, key and, for a part of a thing, the fragment."""

    kind: str
    key: str
    fragment: str = ""


@cache
def kinds() -> frozenset[str]:
    """Every kind that has an IRI: the folders and schemes of `ontology/`."""
    folders = {path.parent.name for path in ONTOLOGY.glob("*/terms.ttl")}
    return frozenset(folders | schemes() | {"scheme"})


@cache
def schemes() -> frozenset[str]:
    """The kinds whose things are the concepts of one SKOS scheme of ours."""
    return frozenset(path.stem for path in (ONTOLOGY / "schemes").glob("*.ttl"))


def named(kind: str, key: str) -> NamedNode:
    """The IRI of a thing by its curated key or notation; `ValueError` if kind or key is none.

    >>> named("person", "mahel-coppey").value
    'https://w3id.org/ess-kg/id/person/mahel-coppey'
    """
    if kind not in kinds():
        raise ValueError(f"{kind!r} is not a kind: there is no such folder under ontology/")
    if not KEY.fullmatch(key):
        raise ValueError("is not a key: letters, digits, '.', '_' and '-' only")
    return NamedNode(f"{BASE}id/{kind}/{key}")


def mint(kind: str, scheme: str, value: str) -> NamedNode:
    """The IRI of a thing by its authority's identifier, checked (check digits included).

    >>> mint("organization", "siren", "200046977").value
    'https://w3id.org/ess-kg/id/organization/siren-200046977'
    """
    return named(kind, f"{scheme}-{SCHEMES[scheme](value)}")


def hashed(kind: str, scheme: str, value: str, within: UUID = NAMESPACE_URL) -> NamedNode:
    """The IRI of a thing whose own identifier cannot stand in a path: the identifier's UUID.

    A UUID of version 5 (RFC 9562, section 5.5) is the same each time for the same value in the
    same name space. Such a key is opaque: what it was made from is stated beside it.

    >>> hashed("publication", "doi", "10.4000/rfsic.3610").value
    'https://w3id.org/ess-kg/id/publication/doi-1b792dd3-0539-564c-a92c-d7d5bcfb2a37'
    """
    return named(kind, f"{scheme}-{uuid5(within, value)}")


def part(owner: NamedNode, name: str) -> NamedNode:
    """The IRI of a part of a thing (a role, an edition): a fragment of its owner."""
    if not KEY.fullmatch(name):
        raise ValueError("is not a fragment: letters, digits, '.', '_' and '-' only")
    return NamedNode(f"{owner.value}#{name}")


def graph(sources: Iterable[str]) -> NamedNode:
    """The graph of the statements that exactly these sources make.

    >>> graph(["sirene", "ess-france"]).value
    'https://w3id.org/ess-kg/graph/ess-france+sirene'
    """
    return NamedNode(f"{BASE}graph/{'+'.join(sorted(set(sources)))}")


def parse(iri: str, base: str = BASE) -> Thing:
    """The thing that an IRI names; `ValueError` if it is none of ours.

    >>> parse("https://w3id.org/ess-kg/id/person/mahel-coppey#presidency-rtes")
    Thing(kind='person', key='mahel-coppey', fragment='presidency-rtes')
    """
    path, _, fragment = iri.removeprefix(base + "id/").partition("#")
    kind, _, key = path.partition("/")
    if not iri.startswith(base + "id/") or kind not in kinds() or not KEY.fullmatch(key):
        raise ValueError(f"{iri!r} is not the IRI of a thing under {base}id/")
    if fragment and not KEY.fullmatch(fragment):
        raise ValueError(f"{fragment!r} is not a fragment of ours")
    return Thing(kind, key, fragment)


def try_parse(iri: str, base: str = BASE) -> Thing | None:
    """Like `parse`, but None where it raises."""
    try:
        return parse(iri, base)
    except ValueError:
        return None


def rebase(text: str, base: str) -> str:
    """Text (a query, Turtle, N-Triples) written for the canonical base, for another one."""
    return text if base == BASE else text.replace(BASE, base)
