"""Authorities: which property identifies a thing of which kind, and which of them names it.

Only what identifies the thing itself is listed. A SIRET is an establishment's, but its first nine
digits are the organisation's SIREN. A DOI that stands on a publication is the work's; that of an
edition stands on the edition, a part, and joins nothing. An INSEE code names a territory only
together with its level. An ISBN is a printed edition's, so it is not here.

The order is that of trust: `kg.link` joins by the first before it looks at the second, and the
first that a thing has is its key (`siren-…` before `rna-…`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.iri import BASE, named
from kg.vocab import ESS, SCHEMA


@dataclass(frozen=True)
class Authority:
    """How the things of a kind are identified.

    `said` matches the term that holds the identifier, as N-Triples; its first group is the value.
    `names`: things have it as their key. `within`: the scheme of which the value is an identifier,
    where it is not its own (a SIRET holds a SIREN). `single`: a thing has one at a time. `levels`:
    the levels of the territories that the code is for.
    """

    kind: str
    scheme: str
    predicate: NamedNode
    said: str
    within: str = ""
    names: bool = False
    single: bool = False
    levels: tuple[str, ...] = ()

    @property
    def start(self) -> str:
        """What stands before the value to tell what it identifies: an IRI, if things have it as
        their key; else what cannot be one, for ':' is in no key.
        """
        mark = "-" if self.names or self.within else ":"
        return f"{BASE}id/{self.kind}/{self.within or self.scheme}{mark}"


def _territory(scheme: str, predicate: NamedNode, code: str, *levels: str) -> Authority:
    """The code of a territory that has one of these levels."""
    terms = tuple(str(named("territory-level", level)) for level in levels)
    said = f'"({code})"'
    return Authority("territory", scheme, predicate, said, names=True, single=True, levels=terms)


def _wikidata(kind: str) -> Authority:
    said = r"<https?://www\.wikidata\.org/(?:entity|wiki)/(Q[1-9]\d*)>"
    return Authority(kind, "wikidata", SCHEMA.sameAs, said)


# Kind to the properties that hold an address of the thing alone: its page, its feed. What a feed or
# a saved page made known (its key is a UUID: `kg.iri.hashed`) is what else has the same address.
ADDRESSES = {
    "episode": (SCHEMA.url,),
    "podcast": (SCHEMA.webFeed, SCHEMA.url),
    "publication": (SCHEMA.url,),
}
# An address like `kg.clean.address` writes it.
ADDRESS = r"<https?://(?:www[.])?(.*?)/?(?:#.*)?>"
UUID_KEY = r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_COMMUNES = ("commune", "municipal-arrondissement", "former-commune", "special-status-authority")
_DEPARTEMENTS = ("departement", "overseas-collectivity")
AUTHORITIES = (
    Authority("organization", "siren", ESS.siren, r'"(\d{9})"', names=True, single=True),
    Authority("organization", "siret", ESS.siret, r'"(\d{9})\d{5}"', within="siren"),
    Authority("organization", "rna", ESS.rna, r'"(W\d[0-9A-Z]\d{7})"', names=True, single=True),
    _wikidata("organization"),
    Authority("establishment", "siret", ESS.siret, r'"(\d{14})"', names=True, single=True),
    Authority("publication", "hal", ESS.halId, r'"([a-z][a-z0-9]*[-_]\d{8})(?:v\d+)?"', names=True),
    Authority(
        "publication", "doi", ESS.doi, r'"(?:https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[^"\s]+)"'
    ),
    _wikidata("publication"),
    Authority(
        "person", "orcid", ESS.orcid, r'"(\d{4}-\d{4}-\d{4}-\d{3}[\dX])"', names=True, single=True
    ),
    Authority(
        "person",
        "idhal",
        ESS.idHal,
        r'"([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)"',
        names=True,
        single=True,
    ),
    _wikidata("person"),
    Authority("podcast", "guid", ESS.podcastGuid, r'"([0-9a-f-]{36})"', names=True, single=True),
    _territory("insee", ESS.inseeCode, r"(?:\d{2}|2[AB])\d{3}|69M", *_COMMUNES),
    _territory("insee-departement", ESS.inseeCode, r"\d{2}|2[AB]|9\d{2}", *_DEPARTEMENTS),
    _territory("insee-region", ESS.inseeCode, r"\d{2}|9\d{2}", "region"),
    _territory("siren", ESS.siren, r"\d{9}", "epci", "ept"),
    _wikidata("territory"),
)
