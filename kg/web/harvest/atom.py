"""Changes as Atom feeds (RFC 4287), for people and portals that follow something.

    /feeds/releases.atom              an entry for each release
    /feeds/kind/<kind>.atom           an entry for each change of a thing of this kind,
    /feeds/place/<key>.atom           of a territory and of what lies in it,
    /feeds/thing/<kind>/<key>.atom    of one thing
    /feeds/question/<name>.atom       an entry for each release that changed rows of its answer

A feed has the latest changes. Those before are in its archives (RFC 5005, section 4): `?release=`
and `page=` name a part of what one release changed, which stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import pairwise
from urllib.parse import urljoin

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from kg.changes import FOLDER, answers
from kg.changes.lists import Event
from kg.changes.log import Scope
from kg.iri import KEY, kinds, parse
from kg.release import moment
from kg.web import tables, urls
from kg.web.delivery import FOREVER
from kg.web.errors import Missing
from kg.web.harvest.differences import FATES, totals
from kg.web.i18n import _, lang, number, pick
from kg.web.kinds import name
from kg.web.negotiate import content_type
from kg.web.site import site

# How many entries a document has, and how many rows that came, or went, an entry.
SIZE, ROWS = 50, 50

feeds = Blueprint("feeds", __name__, url_prefix="/feeds")


@dataclass(frozen=True)
class Rows:
    """Rows of an answer that came, or went: the first of them, and how many there are more."""

    caption: str
    table: tables.Table
    left_out: int


@dataclass(frozen=True)
class Entry:
    """An entry of a feed; `page` is where to read on."""

    iri: str
    title: str
    updated: datetime
    page: str
    summary: str = ""
    category: str = ""
    rows: Sequence[Rows] = ()


@dataclass(frozen=True)
class Archives:
    """Where a document stands among those of its feed; the addresses are whole."""

    current: str
    before: str | None = None
    closed: bool = False


@feeds.get("/releases.atom")
def releases() -> Response:
    """The releases that are here: there are few of them, and one document has them all."""
    chain = site.log.chain
    entries = [
        Entry(
            iri=f"{site.release.base}changes/{old.id}/{new.id}",
            title=_("Version %(id)s", id=new.id),
            updated=moment(new.id),
            page=url_for("changes.pair", old=old.id, new=new.id, _external=True),
            summary=_summary(new.manifest["changes"]),
        )
        for new, old in pairwise(chain)
    ]
    title = _("Versions du graphe de l’ESS")
    return _feed(title, entries, Archives(request.base_url))


def _summary(changes: dict[str, object]) -> str:
    """What a release changed, in a line."""
    added, removed, found = changes["added"], changes["removed"], changes["entities"]
    assert isinstance(added, int) and isinstance(removed, int) and isinstance(found, dict)
    counts = [f"{FATES[fate][n > 1]} : {number(n)}" for fate, n in totals(found).items() if n]
    statements = _(
        "énoncés : +%(added)s, −%(removed)s", added=number(added), removed=number(removed)
    )
    return " ; ".join([statements, *counts])


@feeds.get("/kind/<kind>.atom")
def of_kind(kind: str) -> Response:
    """Changes of the things of a kind."""
    if kind not in kinds():
        raise Missing(kind)
    return _events(Scope(kind=kind), _("Changements : %(what)s", what=name(kind, 2)))


@feeds.get("/place/<key>.atom")
def of_place(key: str) -> Response:
    """Changes of a territory and of what lies in it."""
    title = _("Changements dans ce territoire : %(what)s", what=_called("territory", key))
    return _events(Scope(place=key), title)


@feeds.get("/thing/<kind>/<key>.atom")
def of_thing(kind: str, key: str) -> Response:
    """Changes of one thing."""
    title = _("Changements : %(what)s", what=_called(kind, key))
    return _events(Scope(iri=f"{site.release.base}id/{kind}/{key}"), title)


@feeds.get("/question/<name>.atom")
def of_question(name: str) -> Response:
    """What releases changed in the answer of a question, as it is asked in its example."""
    question = site.questions.get(name)
    if question is None:
        raise NotFound
    entries = [
        _answered(name, change, old.id, new.id)
        for new, old in pairwise(site.log.chain)
        if (change := answers.changed(new.folder / FOLDER, name))
    ]
    title = _("Changements de la réponse : %(what)s", what=question.get("title", lang()))
    return _feed(title, entries, Archives(request.base_url))


def _answered(question: str, change: answers.Change, old: str, new: str) -> Entry:
    added, removed = (number(each) for each in change.numbers)
    return Entry(
        iri=f"{site.release.base}changes/{old}/{new}#question-{question}",
        title=_(
            "Version %(id)s : lignes +%(added)s, −%(removed)s", id=new, added=added, removed=removed
        ),
        updated=moment(new),
        page=url_for("questions.page", name=question, _external=True),
        rows=[
            Rows(caption, table, answers.count(result) - len(table.rows))
            for caption, result in (
                (_("Lignes ajoutées"), change.added),
                (_("Lignes retirées"), change.removed),
            )
            if (table := tables.of_question(tables.stored(result, ROWS))).rows
        ],
    )


def _called(kind: str, key: str) -> str:
    """The name of a thing that is here, or was; `Missing` if it never was."""
    iri = site.thing(kind, key)
    if iri is None or not KEY.fullmatch(key):
        raise Missing(key)
    told = site.log.events(Scope(iri=iri.value), 1)
    names = told[0].labels if told else []
    if not told and not site.rows("known", entity=iri):
        raise Missing(key)
    hits = site.index.search(key, lang(), {"kind": [kind]}, limit=1).items
    shown = pick(names)
    if shown is None and hits and hits[0].iri == iri.value:
        return hits[0].label
    return shown.text if shown else key


def _events(scope: Scope, title: str) -> Response:
    """The feed of a scope, or one of its archives."""
    release, page = request.args.get("release", ""), request.args.get("page", 1, int)
    if not release:
        found = site.log.events(scope, SIZE)
        before = found[-1].release if len(found) == SIZE else None
        archives = Archives(request.base_url, _archive(before, 1) if before else None)
        return _feed(title, [_entry(each) for each in found], archives)
    part = replace(scope, release=release)
    found = site.log.events(part, SIZE + 1, (page - 1) * SIZE) if page > 0 else []
    if not found:
        raise NotFound
    if len(found) > SIZE:
        before = _archive(release, page + 1)
    else:
        earlier = site.log.events(replace(scope, before=release), 1)
        before = _archive(earlier[0].release, 1) if earlier else None
    archives = Archives(request.base_url, before, closed=True)
    response = _feed(title, [_entry(each) for each in found[:SIZE]], archives)
    response.headers["Cache-Control"] = FOREVER
    return response


def _archive(release: str, page: int) -> str:
    return f"{request.base_url}?release={release}&page={page}"


def _entry(event: Event) -> Entry:
    shown = pick(event.labels)
    thing = parse(event.iri, site.release.base)
    own = f"{site.release.base}ldes/version/{event.release}/{thing.kind}/{thing.key}"
    page = urls.page(event.successor or event.iri, site.release.base) or ""
    return Entry(
        iri=own,
        title=f"{str(FATES[event.action][0]).capitalize()} : {shown.text if shown else thing.key}",
        updated=event.modified,
        page=request.host_url.rstrip("/") + page,
        category=event.kind,
    )


def _feed(title: str, entries: list[Entry], archives: Archives) -> Response:
    updated = max((each.updated for each in entries), default=moment(site.log.chain[-1].id))
    text = render_template(
        "feed.xml",
        iri=site.release.base + request.path.removeprefix("/"),
        title=title,
        updated=updated,
        entries=entries,
        archives=archives,
        whole=partial(urljoin, request.host_url),
    )
    response = Response(text, content_type=content_type("application/atom+xml"))
    response.vary.update(["Accept-Language", "Cookie"])
    return response
