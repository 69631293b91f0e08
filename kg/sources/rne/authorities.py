"""The organisation that a mandate is held in: the local authority of a territory.

Where another source describes the authority that governs a territory (`ess:governs`), that is the
one. Else it is named by its SIREN, which the territories bring for communes and intercommunal
bodies, or by the INSEE code of its territory (départements, régions, overseas), and described here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
from pyoxigraph import Literal, NamedNode

from kg import iri
from kg.iri import BASE
from kg.sources import Triple, identifiers
from kg.sources.concepts import concepts
from kg.sources.organizations import CLASSES
from kg.sources.rows import Row
from kg.vocab import ESS, ORG, RDF, RDFS, SKOS

KEY = f"regexp_extract({{}}, '^<{BASE}id/[a-z-]+/(.+)>$', 1)"
TERRITORIES = f"""
SELECT {KEY.format("name.subject")} AS key, regexp_extract(name.object, '^"(.*)"@fr$', 1),
    {KEY.format("level.object")}, trim(siren.object, '"')
FROM stated AS name JOIN stated AS level USING (subject)
LEFT JOIN stated AS siren ON siren.subject = name.subject AND siren.predicate = $siren
WHERE name.predicate = $label AND level.predicate = $level ORDER BY key"""
TERMS = {"label": str(RDFS.label), "level": str(ESS.territoryLevel), "siren": str(ESS.siren)}
GOVERNED = f"""
SELECT {KEY.format("object")}, min(trim(subject, '<>')) FROM read_parquet($files)
WHERE predicate = $governs GROUP BY object HAVING count(DISTINCT subject) = 1"""
NAMED = f"""
SELECT DISTINCT trim(subject, '<>') FROM read_parquet($files)
WHERE predicate = $label AND starts_with(subject, '<{BASE}id/organization/')"""
PARLIAMENT = {
    "assembly": ("assemblee-nationale", "Assemblée nationale"),
    "senate": ("senat", "Sénat"),
}
# Level of a territory: type of the authority, and what is said beside its name.
TYPES = {
    "commune": ("commune", " (commune)"),
    "epci": ("local-authority", ""),
    "departement": ("local-authority", " (département)"),
    "region": ("region", " (région)"),
    "special-status-authority": ("special-status-authority", ""),
    "overseas-collectivity": ("local-authority", ""),
}
COLUMNS = ("authority", "organization", "name", "territory", "type", "siren")


class Authority(NamedTuple):
    """An authority: its key, the IRI of the organisation, the key of its territory if it has one.

    Name, type and SIREN are empty where another source describes it.
    """

    key: str
    organization: str
    name: str
    territory: str
    type: str
    siren: str


def described(row: Row) -> Iterator[Triple]:
    """What is stated of the authority in a row; pops `COLUMNS` except `authority`."""
    me = NamedNode(row.take("organization"))
    name, territory = row.take("name"), row.take("territory")
    kind, siren = row.take("type"), row.take("siren")
    if not name:
        return
    yield from ((me, RDF.type, each) for each in CLASSES)
    for predicate in (RDFS.label, SKOS.prefLabel):
        yield me, predicate, Literal(name, language="fr")
    yield me, ORG.classification, concepts("organization-type")[kind]
    if siren:
        yield from identifiers.current(me, "siren", siren)
    if territory:
        yield me, ESS.governs, iri.named("territory", territory)


def finder(converted: Mapping[str, Path]) -> Callable[[str], Authority | None]:
    """`find(key)`: the authority of the territory of that key, or SIREN; None if there is none.

    `assembly` and `senate` are the two chambers of Parliament.
    """
    others = [str(path) for name, path in converted.items() if name != "territories"]
    with duckdb.connect() as connection:
        connection.read_parquet(str(converted["territories"])).create_view("stated")
        territories = connection.execute(TERRITORIES, TERMS).fetchall()
        governed, named = {}, set()
        if others:
            bound = {"files": others, "governs": str(ESS.governs)}
            governed = dict(connection.execute(GOVERNED, bound).fetchall())
            bound = {"files": others, "label": str(RDFS.label)}
            named = {iri for (iri,) in connection.execute(NAMED, bound).fetchall()}
    found = {key: _parliament(*chamber, named) for key, chamber in PARLIAMENT.items()}
    for key, name, level, siren in territories:
        if level in TYPES:
            found[key] = _local(key, name, level, siren or "", governed.get(key, ""))
            if siren:
                found[f"siren-{siren}"] = found[key]
    return found.get


def _local(key: str, name: str, level: str, siren: str, known: str) -> Authority:
    if known:
        return Authority(key, known, "", key, "", "")
    kind, beside = TYPES[level]
    own = iri.named("organization", f"siren-{siren}" if siren else key)
    return Authority(key, own.value, f"{name}{beside}", key, kind, siren)


def _parliament(key: str, name: str, named: Collection[str]) -> Authority:
    own = iri.named("organization", key).value
    return Authority(key, own, "" if own in named else name, "", "parliament", "")
