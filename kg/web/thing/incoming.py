"""What points to a thing: lists by property and by the kind of what points.

The release says how many links a thing has, by property and kind, if these are many, and which
come first in each list (`kg/linked.py`). Where it does not tell the first, a query reads the
beginning of each list, in the store's order, which is steady within a release. Few links are all
read with one query, counted and sorted. `?by=<property>` pages through one list, in alphabetical
order as far as that is soon read. So a page costs about as much as it shows.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from pyoxigraph import Literal, NamedNode, Triple

from kg import linked
from kg.iri import rebase, try_parse
from kg.linked import SHORT_CUTS, Linked
from kg.query.results import Row
from kg.search.fold import fold
from kg.vocab import DCTERMS, ESS, PROV, RDFS, SCHEMA
from kg.web import urls
from kg.web.i18n import Text, _, later, period, pick, written
from kg.web.site import Site
from kg.web.thing.neighbours import Neighbour
from kg.web.thing.places import Point, point
from kg.web.thing.values import Value
from kg.web.thing.view import local

# How many links are read of a thing of whose number the release says nothing.
WHOLE = 500
# How many links by one property are many, if the release does not tell which come first.
MANY = 200
SHOWN = linked.FIRST
PAGE = 60
COUNTED = 10_000
# The heading of a list, by property and kind of what points; in this order on the page.
HEADINGS: dict[tuple[str, str], str] = {
    ("organization", "person"): later("Personnes et rôles"),
    ("guest", "episode"): later("Épisodes"),
    ("partOfSeries", "episode"): later("Épisodes"),
    ("partOfSeries", "podcast"): later("Saisons"),
    ("organization", "organization"): later("Membres et partenaires"),
    ("memberOf", "organization"): later("Membres"),
    ("unitOf", "organization"): later("Unités"),
    ("siteOf", "establishment"): later("Établissements"),
    ("creator", "publication"): later("Publications"),
    ("publisher", "publication"): later("Publications"),
    ("subject", "publication"): later("Publications"),
    ("spatial", "publication"): later("Publications"),
    ("publisher", "podcast"): later("Podcasts"),
    ("partner", "podcast"): later("Podcasts en partenariat"),
    ("subject", "podcast"): later("Podcasts"),
    ("subject", "episode"): later("Épisodes"),
    ("hasBody", "episode"): later("Épisodes où ce nom a été lu, sans vérification"),
    ("hasBody", "publication"): later("Publications où ce nom a été lu, sans vérification"),
    ("hasBody", "podcast"): later("Podcasts où ce nom a été lu, sans vérification"),
    ("isBasedOn", "podcast"): later("Podcasts qui s’en inspirent"),
    ("isBasedOn", "episode"): later("Épisodes qui s’en inspirent"),
    ("organizer", "event"): later("Événements organisés"),
    ("subject", "event"): later("Événements"),
    ("spatial", "event"): later("Événements"),
    ("commune", "organization"): later("Organisations qui y ont leur siège"),
    ("departement", "organization"): later("Organisations qui y ont leur siège"),
    ("region", "organization"): later("Organisations qui y ont leur siège"),
    ("areaServed", "organization"): later("Organisations qui y agissent"),
    ("commune", "establishment"): later("Établissements"),
    ("departement", "establishment"): later("Établissements"),
    ("region", "establishment"): later("Établissements"),
    ("governs", "organization"): later("Collectivité qui l’administre"),
    ("isPartOf", "territory"): later("Territoires qui en font partie"),
    ("isReplacedBy", "territory"): later("Anciennes communes"),
    ("broader", "theme"): later("Thèmes plus précis"),
    ("closeMatch", "theme"): later("Thèmes voisins"),
    ("classification", "organization"): later("Organisations"),
    ("legalFamily", "organization"): later("Organisations"),
    ("legalForm", "organization"): later("Organisations"),
    ("activity", "organization"): later("Organisations"),
}
_ISSUED = (DCTERMS.issued, SCHEMA.datePublished)
_RANKS = {key: rank for rank, key in enumerate(HEADINGS)}
# What `queries/linking.rq` says of which links, and of how many.
_ANY, _LIMIT = "?subject ?property ?entity .", f"LIMIT {WHOLE + 1}"
# What the queries leave out: parts of the thing itself, graphs, observations.
_LEFT_OUT = re.compile(r"\n *FILTER\(!STRSTARTS\(STR\(\?subject\), [^\n]*\)\)")


@dataclass(frozen=True)
class Linking:
    """Something that points to the thing; `text` says as what when it is the part of an `owner`.

    `former`: something else has taken its place.
    """

    iri: str
    kind: str
    text: Text
    owner: Text | None
    base: str
    when: str
    began: str
    now: bool
    former: bool = False
    number: str = ""
    duration: str = ""
    point: Point | None = None

    @property
    def href(self) -> str | None:
        """Where a page leads for it; made for what is shown, and not for all that is counted."""
        return urls.link(self.iri, self.base)

    @property
    def order(self) -> tuple[bool, str]:
        """Its place in an alphabetical list: behind what is there today, if it is no more."""
        return self.former, fold((self.owner or self.text).text)


@dataclass(frozen=True)
class Links:
    """A list: what points to the thing with one property (`iri`) from one kind of thing.

    `count` is None where there are more than were read, nobody knows how many. `by` names the
    property in an address.
    """

    name: Text
    heading: str
    iri: str
    kind: str
    by: str
    count: int | None
    items: list[Linking]

    def is_of(self, property_: str, kind: str) -> bool:
        """Whether it is the list of a kind of things by a property, of which this is the name."""
        return (local(self.iri), self.kind) == (property_, kind)

    @property
    def rank(self) -> tuple[int, str, str]:
        """Its place on the page."""
        return _RANKS.get((local(self.iri), self.kind), len(_RANKS)), self.kind, self.iri


class Incoming:
    """The links to one thing."""

    def __init__(self, site: Site, entity: NamedNode, *, many: int = 0) -> None:
        """With `many`, up to so many are all read, though only the first are shown in lists."""
        self._site = site
        self._base = site.release.base
        self._told = site.release.links(entity.value)
        self._limits: dict[str, int] = {}
        self.whole = 0 < sum(each.number for each in self._told) <= many
        begun = None if self.whole else site.release.beginnings(entity.value)
        if begun is None:
            said = self._ask(entity)
        else:
            said = _begun(entity, begun, self._base)
            first = {property_ for property_, _ in said}
            said |= self._heads(entity, [each for each in self._told if each.property not in first])
        self._items = _items(self._base, said)

    def _ask(self, entity: NamedNode) -> _Said:
        """All links, or the beginning of each list if the release tells that there are many."""
        if self.whole or not self._told:
            said = _grouped(self._site.rows("linking", entity=entity))
            # Only a release that was built before it told has more of a thing than these.
            self.whole = len(said) <= WHOLE
            if self.whole:
                return said
        any_ = [Linked(each, "", MANY) for each in self._site.linking_properties]
        return self._heads(entity, self._told or any_)

    def _heads(self, entity: NamedNode, told: list[Linked]) -> _Said:
        """The beginnings of lists, asked with one query."""
        self._limits = _limits(told)
        if not told:
            return {}
        return _grouped(self._site.ask(_heads(self._site, self._limits), entity=entity))

    def lists(self) -> list[Links]:
        """All lists, in the order of the page."""
        groups: dict[tuple[str, str], list[Linking]] = defaultdict(list)
        for property_, item in self._items:
            groups[property_, item.kind].append(item)
        told = {
            (local(property_), item.iri.partition("#")[0])
            for (property_, _kind), items in groups.items()
            for item in items
        }
        lists = []
        for (property_, kind), items in groups.items():
            full = SHORT_CUTS.get(local(property_))
            left = [item for item in items if (full, item.iri) not in told]
            if left:
                read = sum(len(groups[each]) for each in groups if each[0] == property_)
                count = len(left) if self._all(property_, read) else self._told_of(property_, kind)
                lists.append(self._list(property_, kind, _marked(left, told), count))
        return sorted(lists, key=lambda each: each.rank)

    def neighbours(self) -> list[Neighbour]:
        """What points to the thing, each once by property and by what points."""
        return [
            Neighbour(False, each.name, name, Value(name, item.href, "", [], item.kind))
            for each in self.lists()
            for item in each.items
            if item.kind and (name := item.owner or item.text)
        ]

    def _all(self, property_: str, read: int) -> bool:
        return self.whole or read < self._limits.get(property_, 0)

    def _told_of(self, property_: str, kind: str) -> int | None:
        """The length of a list; not of short cuts: those that are told in full are not listed."""
        if local(property_) in SHORT_CUTS:
            return None
        of = (property_, kind)
        return next((each.number for each in self._told if (each.property, each.kind) == of), None)

    def _list(self, property_: str, kind: str, items: list[Linking], count: int | None) -> Links:
        name = name_of(self._site, property_)
        heading = HEADINGS.get((local(property_), kind))
        return Links(
            name=name,
            heading=str(heading) if heading else _("par « %(property)s »", property=name.text),
            iri=property_,
            kind=kind,
            by=urls.short(property_, self._base),
            count=count,
            items=sorted(items, key=lambda item: item.order),
        )


def _marked(items: list[Linking], told: set[tuple[str, str]]) -> list[Linking]:
    """Roles of those who hold the office now are marked; a rule says who they are."""
    return [
        Linking(**{**vars(item), "now": ("holdsOffice", item.iri.partition("#")[0]) in told})
        if item.owner
        else item
        for item in items
    ]


def by_property(
    site: Site, entity: NamedNode, by: str, page: int, parts: bool = True
) -> tuple[Links | None, int]:
    """One page of the links with the property that `by` names; how many pages there are. A list
    that is soon read is in alphabetical order, a longer one in the store's.

    The pages beyond the link `COUNTED` are not counted, nor are the links themselves beyond it, if
    the release does not tell how many there are.
    `parts`: whether the thing may have parts that point to it.
    """
    property_ = site.by_short_name.get(by)
    if property_ is None:
        return None, 0
    node = NamedNode(property_)
    # To look for what is left out is to read the name of every link, up to the last that is shown.
    plain = not parts and property_ in {*site.linking_properties} - {PROV.wasDerivedFrom.value}

    def asked(text: str) -> list[Row]:
        return site.ask(_LEFT_OUT.sub("", text) if plain else text, entity=entity, property=node)

    told = site.release.links(entity.value)
    known: int | None = sum(each.number for each in told if each.property == property_)
    if not known:
        counts = asked(site.queries["linking-count"])
        known = int(counts[0]["count"].value) if counts else 0
    begin = (page - 1) * PAGE
    whole = known <= WHOLE
    rows = asked(_page(site, WHOLE, 0) if whole else _page(site, PAGE, begin))
    items = [item for _, item in _items(site.release.base, _grouped(rows))]
    if whole:
        items = sorted(items, key=lambda item: item.order)[begin : begin + PAGE]
    count = min(known, COUNTED)
    known = None if known > COUNTED and not told else known
    name = name_of(site, property_)
    heading = _("par « %(property)s »", property=name.text)
    kinds = {item.kind for item in items}
    if len(kinds) == 1:
        heading = str(HEADINGS.get((local(property_), kinds.pop()), heading))
    pages = -(-count // PAGE)
    return Links(name, heading, property_, "", by, known, items), pages


def _limits(told: list[Linked]) -> dict[str, int]:
    """How many links to read by each property: all, if these are not many, else as many more as
    kinds of things point there.
    """
    numbers: Counter[str] = Counter()
    for each in told:
        numbers[each.property] += each.number
    kinds = Counter(each.property for each in told)
    return {
        property_: number + 1 if number < MANY else kinds[property_] * (SHOWN + 1)
        for property_, number in numbers.items()
    }


def _heads(site: Site, limits: dict[str, int]) -> str:
    """The query for the beginnings of the lists by these properties."""
    text, group = _links_of(site)
    # Bound before and named in the pattern, so that the engine looks the links up by it.
    named = "VALUES ?property {{ <{0}> }} ?subject <{0}> ?entity ."
    each = (
        group.replace(_ANY, named.format(iri)).replace(_LIMIT, f"LIMIT {limit:d}")
        for iri, limit in limits.items()
    )
    return text.replace(group, "\n  UNION\n  ".join(each))


def _page(site: Site, limit: int, offset: int) -> str:
    """The query for a part of one list; SPARQL cannot bind an offset."""
    text, group = _links_of(site)
    return text.replace(group, group.replace(_LIMIT, f"LIMIT {limit:d} OFFSET {offset:d}"))


def _links_of(site: Site) -> tuple[str, str]:
    """The query `linking`, and its group that says which links they are."""
    text = site.queries["linking"]
    group = re.search(r"\{\s*SELECT.*?LIMIT \d+\s*\}", text, re.DOTALL)
    assert group
    assert _ANY in group[0] and _LIMIT in group[0]
    return text, group[0]


def name_of(site: Site, property_: str) -> Text:
    """What a property is called."""
    place = site.layout.anywhere.get(property_)
    names = place.names if place else site.properties.get(property_, [])
    return pick(names) or Text(local(property_), "en")


def _pair(row: Row) -> tuple[str, str]:
    return row["property"].value, row["subject"].value


# What is said of each thing that points, by the property with which it does, and its IRI.
_Said: TypeAlias = dict[tuple[str, str], list[Row]]


def _grouped(rows: Iterable[Row]) -> _Said:
    """The rows of the query `linking`, sorted out."""
    found: _Said = defaultdict(list)
    for row in rows:
        found[_pair(row)].append(row)
    return found


def _begun(entity: NamedNode, told: Iterable[Triple], base: str) -> _Said:
    """The same from what the release tells of the beginnings of the lists."""
    shown = {rebase(each.value, base) for each in linked.SHOWN}
    about: dict[str, list[Row]] = defaultdict(list)
    pairs = []
    for subject, property_, value in told:
        if value == entity:
            pairs.append((property_.value, subject.value))
        if property_.value in shown:
            about[subject.value].append({"what": property_, "value": value})
    return {pair: about[pair[1]] for pair in pairs}


def _items(base: str, said: _Said) -> list[tuple[str, Linking]]:
    """What points to the thing, each with its property."""
    return [(property_, _linking(iri, about, base)) for (property_, iri), about in said.items()]


def _linking(iri: str, rows: list[Row], base: str) -> Linking:
    told: dict[tuple[str, str], list[Literal]] = defaultdict(list)
    for row in rows:
        whose = "owner" if "owner" in row else "role" if "role" in row else ""
        value = row.get("value")
        if isinstance(value, Literal):
            told[whose, row["what"].value if "what" in row else ""].append(value)

    def of(*properties: NamedNode, whose: str = "") -> list[Literal]:
        return [each for name in properties for each in told[whose, rebase(name.value, base)]]

    thing = try_parse(iri, base)
    starts, ends, seen = of(SCHEMA.startDate), of(SCHEMA.endDate), of(ESS.attestedOn)
    issued = of(*_ISSUED) or of(*_ISSUED, whose="owner")
    when = period(starts, ends, seen) or ", ".join(map(written, _precise(issued)))
    owner = pick(of(RDFS.label, whose="owner"))
    role = told["role", ""]
    return Linking(
        iri=iri,
        kind=thing.kind if thing else "",
        text=(_as_what(of(ESS.statedCapacity, ESS.roleTitle), role) if owner else None)
        or pick(of(RDFS.label))
        or Text(urls.shown(iri)),
        owner=owner,
        base=base,
        when=when,
        began=min((date.value for date in [*starts, *seen, *ends, *issued]), default=""),
        now=False,
        former=any("what" in row and row["what"] == DCTERMS.isReplacedBy for row in rows),
        number=next((each.value for each in of(SCHEMA.episodeNumber)), ""),
        duration=next((written(each) for each in of(SCHEMA.duration)), ""),
        point=point(of(SCHEMA.latitude), of(SCHEMA.longitude)),
    )


def _precise(dates: list[Literal]) -> list[Literal]:
    """Dates in their order, each once; a month or a year is left out where its day is there."""
    values = {date.value: date for date in dates}
    return [
        values[each]
        for each in sorted(values)
        if not any(other.startswith(f"{each}-") for other in values)
    ]


def _as_what(stated: list[Literal], role: list[Literal]) -> Text | None:
    """The title that sources give; where it is in another language, the role's name is not."""
    title, name = pick(stated), pick(role)
    return name if title is None or (title.lang and name and not name.lang) else title


def in_time(items: Iterable[Linking]) -> list[Linking]:
    """In the order of time, what is latest first; what has no date comes last."""
    return sorted(sorted(items, key=lambda i: i.order), key=lambda i: i.began, reverse=True)
