"""The data sets that a release offers: the whole, each source's part, each kind's part, the
statistics, the ontology. The catalogue, in all its forms, is made of them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial

from flask_babel import force_locale
from pyoxigraph import Literal

from kg.release import Dump, Release
from kg.vocab import DCTERMS
from kg.web import kinds
from kg.web.harvest.files import PACKAGE, parts
from kg.web.i18n import LANGUAGES, _, lang, number
from kg.web.site import site

WHOLE, STATISTICS, ONTOLOGY = "all", "statistics", "ontology"
# What the parts of these kinds and sources are part of, in place of a data set of their own.
ELSEWHERE = {
    "kind-observation": STATISTICS,
    "kind-cube": STATISTICS,
    "source-statistics": STATISTICS,
    "source-ontology": ONTOLOGY,
    "other": "source-description",
}


@dataclass(frozen=True)
class Dataset:
    """A data set: texts by language, files by what they are of, the sources that it draws on."""

    key: str
    title: dict[str, str]
    description: dict[str, str]
    files: list[Dump] = field(default_factory=list)

    @property
    def iri(self) -> str:
        """Its IRI; that of the whole is the one that the graph itself uses."""
        base = site.release.base
        return f"{base}dataset" if self.key == WHOLE else f"{base}catalog/{self.key}"

    @property
    def address(self) -> str:
        """The path of its page."""
        return f"/catalog/{self.key}"


def all_() -> dict[str, Dataset]:
    """Every data set of the current release by its key, the whole first."""
    return _all(site.edition)


@lru_cache(maxsize=2)
def _all(_edition: str) -> dict[str, Dataset]:
    files: dict[str, list[Dump]] = defaultdict(list)
    homes = _homes(site.release)
    for part, dumps in parts(site.release).items():
        files[homes.get(part, part)] += dumps
    if PACKAGE in site.release.dumps:
        files[WHOLE].append(site.release.dumps[PACKAGE])
    return {key: Dataset(key, *texts, files[key]) for key, texts in _texts(list(files))}


def _homes(release: Release) -> dict[str, str]:
    """The data set that a part of the dumps belongs to, where it has not its name."""
    path = release.folder / "ontology" / "tables" / "tables.csv"
    with path.open(encoding="utf-8", newline="") as file:
        tables = {f"table-{row['table']}": f"kind-{row['kind']}" for row in csv.DictReader(file)}
    return ELSEWHERE | {part: ELSEWHERE.get(home, home) for part, home in tables.items()}


Texts = tuple[dict[str, str], dict[str, str]]


def _texts(keys: list[str]) -> Iterator[tuple[str, Texts]]:
    """Titles and descriptions of the data sets with these keys, in the order of the catalogue."""
    yield WHOLE, _in_both(_whole)
    if STATISTICS in keys:
        yield STATISTICS, _in_both(_statistics)
    yield ONTOLOGY, _in_both(_ontology)
    for key in sorted(keys, key=_rank):
        group, _dash, name = key.partition("-")
        if group == "kind":
            yield key, _in_both(partial(_kind, name))
        elif group == "source":
            yield key, _source(name)


def _rank(key: str) -> tuple[bool, bool, str]:
    """Kinds of things, then sources, then vocabularies."""
    group, _dash, name = key.partition("-")
    vocabulary = group == "kind" and name not in site.layout.things
    return vocabulary, group == "source", key


def _in_both(say: Callable[[], tuple[str, str]]) -> Texts:
    """The title and description that a function says in the reader's language, in each."""
    titles, descriptions = {}, {}
    for code in LANGUAGES:
        with force_locale(code):
            titles[code], descriptions[code] = say()
    return titles, descriptions


def _whole() -> tuple[str, str]:
    counts = site.release.manifest["counts"]
    return _("Le graphe de connaissances de l’ESS"), _(
        "Organisations, personnes et rôles datés, publications, podcasts, thèmes et territoires de "
        "l’économie sociale et solidaire française, en données liées : %(n)s énoncés, chacun avec "
        "ses sources.",
        n=number(counts["statements"]),
    )


def _statistics() -> tuple[str, str]:
    return _("Statistiques de l’ESS, d’après le graphe"), _(
        "Ce que le graphe dénombre de lui-même, en cubes de données : organisations, employeurs, "
        "établissements, créations et fins, par territoire, famille juridique, activité, taille et "
        "année."
    )


def _ontology() -> tuple[str, str]:
    return _("L’ontologie de l’ESS et ses nomenclatures"), _(
        "Les termes et les nomenclatures avec lesquels le graphe décrit les organisations, les "
        "personnes, les publications et les territoires de l’économie sociale et solidaire."
    )


def _kind(kind: str) -> tuple[str, str]:
    count = site.release.manifest["counts"]["entities"].get(kind, 0)
    named = kinds.name(kind, 2)
    if kind in site.layout.things:
        return _("Graphe de l’ESS : %(named)s", named=named), _(
            "Ce que le graphe de l’économie sociale et solidaire dit de cette sorte de choses : "
            "%(named)s (%(n)s), avec leurs noms, leurs codes, leurs liens, leurs dates et les "
            "sources de chaque énoncé.",
            named=named,
            n=number(count),
        )
    return _("%(named)s, nomenclature", named=named), _(
        "Une nomenclature du graphe de l’économie sociale et solidaire, en SKOS : %(named)s "
        "(%(n)s), avec leurs libellés et leur hiérarchie.",
        named=named,
        n=number(count),
    )


def _source(name: str) -> Texts:
    about = site.provenance.sources.get(f"{site.release.base}id/source/{name}", {})

    def told(property_: str) -> dict[str, str]:
        values = [term for term in about.get(property_, []) if isinstance(term, Literal)]
        return {term.language or "fr": term.value for term in values}

    titles, descriptions = told(DCTERMS.title.value), told(DCTERMS.description.value)
    return _in_both(
        lambda: (
            _("Graphe de l’ESS, part de la source : %(named)s", named=_best(titles, name)),
            _("Les énoncés que cette source fait dans le graphe.")
            + " "
            + _best(descriptions, name),
        )
    )


def _best(texts: dict[str, str], fallback: str) -> str:
    return texts.get(lang(), next(iter(texts.values()), fallback))
