"""What releases changed, for those who keep a copy: `/changes`.

    /changes                     the releases, what each changed, a form for any two of them
    /changes/<old>/<new>         the changes from one release to another, in the form asked for
    /changes/<old>/<new>/<file>  one form of them: FORMS, the longer ones compressed too (`.zst`)

What two releases changed never changes, and may be kept for good; only the pages may. What is not
there yet is put together from what the releases between changed, if that is not too much to be
done while somebody waits; `kg changes` does it whatever it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import zstandard
from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Redirect

from kg.changes import ACTIONS, TEXTS, answers, between, lists
from kg.changes.lists import Event
from kg.queryfile import QueryFile
from kg.release import Release, Releases
from kg.web import listfiles, urls
from kg.web.delivery import FOREVER
from kg.web.encoding import CHUNK
from kg.web.i18n import _, later, pick
from kg.web.negotiate import choose, content_type, not_acceptable
from kg.web.site import site

FORMS = {
    "added.nq": "application/n-quads",
    "removed.nq": "application/n-quads",
    "patch.rdfp": "application/rdf-patch",
    "entities.csv": "text/csv",
    "entities.json": "application/json",
}
# What of them a request without a name for it may choose.
OFFERS = {
    "html": "text/html",
    "entities.json": FORMS["entities.json"],
    "entities.csv": FORMS["entities.csv"],
    "patch.rdfp": FORMS["patch.rdfp"],
}
HEADER = ("iri", "kind", "action", "successor", "label")
# How many statements that came or went are added up while somebody waits.
MOST = 2_000_000
# How many entities are on the page.
SHOWN = 200
# One and many.
FATES = {
    "created": (later("création"), later("créations")),
    "changed": (later("modification"), later("modifications")),
    "merged": (later("fusion"), later("fusions")),
    "withdrawn": (later("retrait"), later("retraits")),
}

changes = Blueprint("changes", __name__)


@changes.get("/changes")
def index() -> str | Redirect:
    """The releases, and what each changed; or the changes between two that were chosen."""
    kept = _kept()
    old, new = (request.args.get(name, "") for name in ("from", "to"))
    if old in kept and new in kept and old != new:
        return redirect(url_for("changes.pair", old=old, new=new), 303)
    return render_template(
        "changes.html",
        chain=site.log.chain,
        kept=list(reversed(kept)),
        fates=FATES,
        totals=totals,
    )


def totals(kinds: dict[str, dict[str, int]]) -> dict[str, int]:
    """How many entities of all kinds met each fate."""
    return {each: sum(kind.get(each, 0) for kind in kinds.values()) for each in ACTIONS}


@changes.get("/changes/<old>/<new>")
def pair(old: str, new: str) -> Response:
    """The changes between two releases."""
    chosen = choose(request.headers.get("Accept", ""), OFFERS)
    if chosen is None:
        raise not_acceptable(OFFERS)
    if chosen == "html":
        folder = _folder(old, new)
        text = render_template(
            "change.html",
            old=old,
            new=new,
            statements=lists.statements(folder),
            kinds=lists.counts(folder),
            answers=_answers(folder),
            fates=FATES,
            entities=[(e, pick(e.labels), _page(e)) for e in lists.entities(folder, SHOWN)],
            files=[(name, (folder / name).stat().st_size) for name in TEXTS],
            forms=FORMS,
            shown=SHOWN,
        )
        response = Response(text, content_type=content_type(OFFERS["html"]))
    else:
        response = as_file(old, new, chosen)
        response.headers["Content-Location"] = url_for(
            "changes.as_file", old=old, new=new, name=chosen
        )
    response.vary.add("Accept")
    return response


def _answers(folder: Path) -> list[tuple[QueryFile, tuple[int, int]]]:
    """The questions in whose answers rows came and went, and how many; of releases that do not
    follow each other, nobody knows.
    """
    return [
        (site.questions[name], change.numbers)
        for name in answers.questions(folder)
        if name in site.questions and (change := answers.changed(folder, name))
    ]


@changes.get("/changes/<old>/<new>/<name>")
def as_file(old: str, new: str, name: str) -> Response:
    """One form of the changes between two releases, to be kept for good."""
    plain = name.removesuffix(".zst")
    if plain not in FORMS or (name != plain and name not in TEXTS):
        raise NotFound
    folder = _folder(old, new)
    if name in TEXTS:
        response = send_file(
            folder / name, mimetype="application/zstd", as_attachment=True, conditional=True
        )
    else:
        body = {
            "entities.csv": lambda: _csv(folder),
            "entities.json": lambda: _json(folder, old, new),
        }.get(name, lambda: _text(folder / f"{name}.zst"))()
        response = Response(body, content_type=content_type(FORMS[name]), direct_passthrough=True)
    response.headers["Cache-Control"] = FOREVER
    return response


def _kept() -> dict[str, Release]:
    """The releases that are here, oldest first."""
    return {each.id: each for each in Releases(site.release.folder.parent).all()}


def _folder(old: str, new: str) -> Path:
    """Where the changes between two releases are; they are put together if they are not there."""
    kept = _kept()
    if old not in kept or new not in kept or old == new:
        raise NotFound(_("Deux versions différentes sont attendues, parmi : %(ids)s.", ids=_ids()))
    first, last = kept[old], kept[new]
    if found := between.prepared(site.settings.changes, first, last):
        return found
    steps = between.way(first, last, kept)
    if steps is None or sum(each.size for each in steps) > MOST:
        raise NotFound(
            _(
                "Ces versions sont trop éloignées pour être comparées pendant que vous attendez. "
                "Suivez les changements de chacune (/changes), ou repartez des fichiers complets "
                "(/dumps/)."
            )
        )
    return between.prepare(site.settings.changes, first, last, steps)


def _ids() -> str:
    return ", ".join(_kept())


def _page(event: Event) -> str | None:
    """The page of an entity, or of what took its place."""
    if event.action == "withdrawn":
        return None
    return urls.page(event.successor or event.iri, site.release.base)


def _text(path: Path) -> Iterator[bytes]:
    """A compressed text as it was."""
    with path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        while chunk := reader.read(CHUNK):
            yield chunk


def _csv(folder: Path) -> Iterator[bytes]:
    yield listfiles.table(HEADER, []).encode()
    for batch in _batches(lists.entities(folder)):
        rows = ((e.iri, e.kind, e.action, e.successor or "", _label(e)) for e in batch)
        yield listfiles.lines(rows).encode()


def _json(folder: Path, old: str, new: str) -> Iterator[bytes]:
    """One object, an entity a line."""
    added, removed = lists.statements(folder)
    head = {"from": old, "to": new, "statements": {"added": added, "removed": removed}}
    yield f'{json.dumps(head)[:-1]}, "entities": ['.encode()
    comma = ""
    for batch in _batches(lists.entities(folder)):
        for each in batch:
            yield f"{comma}\n{json.dumps(_object(each), ensure_ascii=False)}".encode()
            comma = ","
    yield b"\n]}\n"


def _object(event: Event) -> dict[str, object]:
    found = {"iri": event.iri, "kind": event.kind, "action": event.action}
    labels = {label.language or "": label.value for label in event.labels}
    return {**found, "successor": event.successor, "labels": labels}


def _label(event: Event) -> str:
    """A name in French, or whatever there is: a file speaks no reader's language."""
    ranks = {"fr": 0, "": 1}
    best = min(event.labels, key=lambda each: ranks.get(each.language or "", 2), default=None)
    return best.value if best else ""


def _batches(events: Iterable[Event], size: int = 1000) -> Iterator[list[Event]]:
    events = iter(events)
    while batch := list(islice(events, size)):
        yield batch
