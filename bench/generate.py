"""A graph of national shape and of any size, in the model of docs/model.md.

    python -m bench.generate 1000000        writes var/bench/1000000.nq.zst

The territories, terms and concepts are the real ones; organisations, people, publications and
episodes are invented after the registers: legal forms, activities, size classes and communes are as
skewed as there, and each statement stands in the graph of a set of sources, as after the merge.
What the rules would infer is there too. The same size and seed give the same bytes; an entity is
written as soon as it is made, so memory does not grow with the size.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate, count
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TypeVar

import zstandard

from bench import words
from kg import sources
from kg.iri import BASE
from kg.settings import Settings
from kg.sources.territories.importer import PACKAGE
from kg.vocab import SKOS, prefixes

SEED = 20220511
TERRITORIES_SHARE = 0.3
PAGES = 40
NETWORKS = 60
YEAR = 2026
OVERSEAS = ("975", "977", "978", "98")  # collectivities, which lie in no département
CHUNK = 1 << 20
T = TypeVar("T")

_TOKEN = re.compile(r"([a-z][a-z-]*):(.*)")


class Template:
    """Lines `subject predicate object graph` with prefixed names and {fields}, as N-Quads."""

    def __init__(self, text: str) -> None:
        lines = [self._quad(line.split()) for line in text.strip().splitlines()]
        self.fill = "".join(lines).format
        self.size = len(lines)

    @classmethod
    def _quad(cls, tokens: list[str]) -> str:
        return f"{' '.join(map(cls._term, tokens))} .\n"

    @staticmethod
    def _term(token: str) -> str:
        if token == "a":
            return f"<{prefixes()['rdf']}type>"
        if token.startswith('"'):
            value, typed, datatype = token.partition("^^xsd:")
            return f"{value}^^<{prefixes()['xsd']}{datatype}>" if typed else value
        if named := _TOKEN.fullmatch(token):
            return f"<{prefixes()[named[1]]}{named[2]}>"
        return token


SOURCE = Template("""
source:{key} a dcat:Dataset graph:description
source:{key} a prov:Entity graph:description
source:{key} rdfs:label "{title}"@fr graph:description
source:{key} dcterms:title "{title}"@fr graph:description
source:{key} dcterms:issued "{issued}"^^xsd:date graph:description
""")
DERIVED = Template("graph:{graph} prov:wasDerivedFrom source:{source} graph:description")
NETWORK = Template("""
organization:{key} a org:FormalOrganization graph:{page}
organization:{key} a schema:Organization graph:{page}
organization:{key} a org:Organization graph:inferred
organization:{key} a foaf:Agent graph:inferred
organization:{key} rdfs:label "{name}"@fr graph:{page}
organization:{key} skos:prefLabel "{name}"@fr graph:{page}
organization:{key} org:classification organization-type:network graph:{page}
organization:{key} schema:areaServed territory:insee-region-{region} graph:{page}
""")
ORGANIZATION = Template("""
organization:siren-{siren} a org:FormalOrganization graph:{listed}
organization:siren-{siren} a schema:Organization graph:{listed}
organization:siren-{siren} a legal:LegalEntity graph:{listed}
organization:siren-{siren} a org:Organization graph:inferred
organization:siren-{siren} a foaf:Agent graph:inferred
organization:siren-{siren} rdfs:label "{name}"@fr graph:{listed}
organization:siren-{siren} skos:prefLabel "{name}"@fr graph:{listed}
organization:siren-{siren} org:classification organization-type:{type} graph:sirene
organization:siren-{siren} ess:legalForm legal-form:{form} graph:sirene
organization:siren-{siren} ess:legalFamily legal-family:{family} graph:{listed}
organization:siren-{siren} ess:legalFamilyBasis family-basis:{basis} graph:{listed}
organization:siren-{siren} ess:activity activity:{activity} graph:sirene
organization:siren-{siren} ess:sizeClass size-class:{people} graph:sirene
organization:siren-{siren} schema:foundingDate "{founded}"^^xsd:date graph:sirene
organization:siren-{siren} ess:commune territory:insee-{commune} graph:{listed}
organization:siren-{siren} ess:departement territory:insee-departement-{departement} graph:inferred
organization:siren-{siren} ess:region territory:insee-region-{region} graph:inferred
organization:siren-{siren} ess:siren "{siren}" graph:{listed}
organization:siren-{siren} ess:siret "{siret}" graph:sirene
organization:siren-{siren} adms:identifier organization:siren-{siren}#siren-{siren} graph:{listed}
organization:siren-{siren}#siren-{siren} a adms:Identifier graph:{listed}
organization:siren-{siren}#siren-{siren} skos:notation "{siren}" graph:{listed}
organization:siren-{siren}#siren-{siren} dcterms:type "siren" graph:{listed}
organization:siren-{siren}#siren-{siren} rdfs:label "{siren}" graph:{listed}
""")
RNA = Template('organization:siren-{siren} ess:rna "{rna}" graph:rna+sirene')
OTHER_NAME = Template('organization:siren-{siren} skos:altLabel "{name}"@fr graph:ess-france')
HOMEPAGE = Template("organization:siren-{siren} foaf:homepage <{url}> graph:{page}")
DISSOLVED = Template(
    'organization:siren-{siren} schema:dissolutionDate "{date}"^^xsd:date graph:sirene'
)
MEMBER = Template("""
organization:siren-{siren}#member-of-{network} a org:Membership graph:{page}
organization:siren-{siren}#member-of-{network} org:member organization:siren-{siren} graph:{page}
organization:siren-{siren}#member-of-{network} org:organization organization:{network} graph:{page}
organization:siren-{siren}#member-of-{network} org:role role:member graph:{page}
organization:siren-{siren}#member-of-{network} ess:attestedOn "{year}"^^xsd:gYear graph:{page}
organization:siren-{siren}#member-of-{network} rdfs:label "membre,{space}{title}"@fr graph:inferred
organization:siren-{siren} org:memberOf organization:{network} graph:inferred
""")
PERSON = Template("""
person:{person} a foaf:Person graph:{page}
person:{person} a schema:Person graph:{page}
person:{person} a foaf:Agent graph:inferred
person:{person} rdfs:label "{name}" graph:{page}
person:{person} foaf:name "{name}" graph:{page}
person:{person} foaf:givenName "{given}" graph:{page}
person:{person} foaf:familyName "{family}" graph:{page}
""")
ROLE = Template("""
person:{person}#{role}-{siren} a org:Membership graph:{page}
person:{person}#{role}-{siren} rdfs:label "{title}"@fr graph:inferred
person:{person}#{role}-{siren} org:member person:{person} graph:{page}
person:{person}#{role}-{siren} org:organization organization:siren-{siren} graph:{page}
person:{person}#{role}-{siren} org:role role:{role} graph:{page}
person:{person}#{role}-{siren} schema:startDate "{start}"^^xsd:gYear graph:{page}
person:{person}#{role}-{siren} org:memberDuring person:{person}#{role}-{siren}-during graph:inferred
person:{person}#{role}-{siren}-during a time:Interval graph:inferred
person:{person}#{role}-{siren}-during time:hasBeginning person:{person}#{role}-{siren}-start graph:inferred
person:{person}#{role}-{siren}-start a time:Instant graph:inferred
person:{person}#{role}-{siren}-start time:inXSDgYear "{start}"^^xsd:gYear graph:inferred
""")  # noqa: E501 - a line is a statement
ROLE_ENDED = Template("""
person:{person}#{role}-{siren} schema:endDate "{end}"^^xsd:gYear graph:{page}
person:{person}#{role}-{siren}-during time:hasEnd person:{person}#{role}-{siren}-end graph:inferred
person:{person}#{role}-{siren}-end a time:Instant graph:inferred
person:{person}#{role}-{siren}-end time:inXSDgYear "{end}"^^xsd:gYear graph:inferred
""")
ROLE_HELD = Template("""
person:{person}#{role}-{siren} ess:attestedOn "2026"^^xsd:gYear graph:{page}
person:{person} ess:holdsOffice organization:siren-{siren} graph:inferred
""")
PUBLICATION = Template("""
publication:{key} a fabio:Report graph:{page}
publication:{key} a schema:Report graph:{page}
publication:{key} a fabio:Work graph:inferred
publication:{key} rdfs:label "{title}"@fr graph:{page}
publication:{key} dcterms:title "{title}"@fr graph:{page}
publication:{key} dcterms:type publication-type:{type} graph:{page}
publication:{key} dcterms:issued "{issued}"^^xsd:gYearMonth graph:{page}
publication:{key} dcterms:language "fr" graph:{page}
publication:{key} dcterms:publisher organization:{publisher} graph:{page}
publication:{key} dcterms:creator person:{author} graph:{page}
publication:{key} dcterms:spatial territory:insee-departement-{departement} graph:{page}
publication:{key} schema:url <https://publications.example/{key}> graph:{page}
""")
EDITION = Template("""
publication:{key} schema:workExample publication:{key}#edition-{lang} graph:{page}
publication:{key}#edition-{lang} a fabio:Expression graph:{page}
publication:{key}#edition-{lang} a schema:CreativeWork graph:{page}
publication:{key}#edition-{lang} rdfs:label "{title}"@{lang} graph:{page}
publication:{key}#edition-{lang} dcterms:title "{title}"@{lang} graph:{page}
publication:{key}#edition-{lang} dcterms:language "{lang}" graph:{page}
publication:{key}#edition-{lang} schema:exampleOfWork publication:{key} graph:{page}
""")
TRANSLATION = Template("""
publication:{key}#edition-en schema:translationOfWork publication:{key}#edition-fr graph:{page}
publication:{key}#edition-fr schema:workTranslation publication:{key}#edition-en graph:inferred
""")
SUBJECT = Template("{kind} dcterms:subject theme:{theme} graph:{page}")
PODCAST = Template("""
podcast:{key} a schema:PodcastSeries graph:{page}
podcast:{key} rdfs:label "{title}"@fr graph:{page}
podcast:{key} dcterms:title "{title}"@fr graph:{page}
podcast:{key} dcterms:publisher organization:{publisher} graph:{page}
""")
EPISODE = Template("""
episode:{key} a schema:PodcastEpisode graph:{page}
episode:{key} rdfs:label "{title}"@fr graph:{page}
episode:{key} dcterms:title "{title}"@fr graph:{page}
episode:{key} dcterms:language "fr" graph:{page}
episode:{key} schema:partOfSeries podcast:{podcast} graph:{page}
episode:{key} schema:episodeNumber "{number}" graph:{page}
episode:{key} schema:datePublished "{date}"^^xsd:date graph:{page}
episode:{key} schema:duration "PT{minutes}M"^^xsd:duration graph:{page}
episode:{key} schema:isBasedOn publication:{study} graph:inferred
""")
APPEARANCE = Template("""
episode:{key} ess:appearance episode:{key}#appearance-{person} graph:{page}
episode:{key}#appearance-{person} a ess:Appearance graph:{page}
episode:{key}#appearance-{person} rdfs:label "{title}"@fr graph:{page}
episode:{key}#appearance-{person} ess:guest person:{person} graph:{page}
episode:{key}#appearance-{person} ess:inCapacityOf person:{person}#president-{siren} graph:{page}
episode:{key} schema:contributor person:{person} graph:inferred
""")


class Place(NamedTuple):
    """A commune of today, with what contains it and how many live there."""

    code: str
    name: str
    departement: str
    region: str
    population: int


class Official(NamedTuple):
    """Somebody who presides over an organisation, to be an author or a guest later."""

    person: str
    siren: str
    title: str


class Output:
    """N-Quads, compressed; counts the statements."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._waiting: list[str] = []
        self._length = 0
        self._file = path.open("wb")
        self._compressed = zstandard.ZstdCompressor(level=3).stream_writer(self._file)

    def add(self, template: Template, **values: object) -> None:
        self.write(template.fill(**values), template.size)

    def write(self, text: str, size: int = 1) -> None:
        self._waiting.append(text)
        self._length += len(text)
        self.count += size
        if self._length > CHUNK:
            self._flush()

    def _flush(self) -> None:
        self._compressed.write("".join(self._waiting).encode())
        self._waiting.clear()
        self._length = 0

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._flush()
        self._compressed.close()
        self._file.close()


def siren(number: int) -> str:
    """The SIREN of the organisation with that number: spread, never repeated, well checked."""
    digits = f"{10_000_000 + number * 58_313_971 % 90_000_000:08}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """Luhn's check digit."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (2 - place % 2)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def draw(chance: random.Random, values: Sequence[T], weights: Sequence[float]) -> Iterator[T]:
    """Values at random for ever, as often as their weights say."""
    cumulative = list(accumulate(weights))
    while True:
        yield from chance.choices(values, cum_weights=cumulative, k=1024)


def evenly(chance: random.Random, values: Sequence[T]) -> Iterator[T]:
    return draw(chance, values, [1] * len(values))


def places() -> list[Place]:
    """The communes of today, the most populous first."""
    rows = json.loads((PACKAGE / "communes.json").read_text(encoding="utf-8"))
    found = [
        Place(row["code"], row["nom"], row["departement"], row["region"], row["population"])
        for row in rows
        if row["type"] == "commune-actuelle"
        and row.get("population")
        and not row["code"].startswith(OVERSEAS)
    ]
    return sorted(found, key=lambda place: (-place.population, place.code))


class Generator:
    """Writes entities of all kinds, the ones that others speak of first."""

    def __init__(self, output: Output, size: int, seed: int) -> None:
        self._out = output
        self._size = size
        self._chance = chance = random.Random(seed)
        self._graphs = {"description", "inferred", "ontology", "territories", "rna+sirene"}
        self._places = self._territories()
        self._networks: list[tuple[str, str]] = []
        self._officials: deque[Official] = deque(maxlen=500)
        self._studies: deque[str] = deque(maxlen=100)
        self._forms = draw(chance, words.FORMS, [form.weight for form in words.FORMS])
        self._activities = draw(chance, *words.weighted(words.ACTIVITIES))
        self._people = draw(chance, *words.weighted(words.SIZE_CLASSES))
        self._seats = draw(chance, self._places, [place.population for place in self._places])
        self._listings = draw(chance, *words.weighted(words.LISTINGS))
        self._years = iter(lambda: max(1901, YEAR - 2 - int(chance.expovariate(1 / 16))), 0)
        self._dice = iter(chance.random, None)
        self._purposes = evenly(chance, words.PURPOSES)
        self._given = evenly(chance, words.GIVEN_NAMES)
        self._family = draw(chance, words.FAMILY_NAMES, range(len(words.FAMILY_NAMES), 0, -1))
        self._pages = iter(self._page, "")
        self._themes = draw(chance, words.THEMES, range(len(words.THEMES), 0, -1))
        self._types = draw(chance, *words.weighted(words.PUBLICATION_TYPES))

    def run(self) -> None:
        self._concepts()
        for number in range(1, NETWORKS + 1):
            self._network(number)
        reserve = 6 * (PAGES + 6) + 200  # what is written last: sources and graphs
        for number in count():
            if self._out.count + reserve >= self._size:
                break
            self._organization(number)
            if number % 12 == 0:
                self._presidents(number)
            if number % 60 == 59:
                self._publication(number // 60)
            if number % 240 == 119:
                self._episode(number // 240)
        self._sources()

    def _territories(self) -> list[Place]:
        """The real ones: all above the communes, and the most populous of these."""
        source = sources.load("territories")
        rows = {"region": [], "departement": [], "country": []}
        communes: dict[str, list[str]] = {}
        for row in source.records(sources.Inputs(source.paths(None))):
            table, code = row["table"], row.get("code", "")
            lines = [
                f"{s} {p} {o} <{BASE}graph/territories> .\n" for s, p, o in source.triples(row)
            ]
            if table == "communes/commune-actuelle":
                communes[code] = lines
            elif (level := table.split("/")[0].removesuffix("s")) in rows:
                rows[level] += lines
        for lines in rows.values():
            self._out.write("".join(lines), len(lines))
        kept = []
        for place in places():
            lines = communes[place.code]
            if self._out.count + len(lines) > self._size * TERRITORIES_SHARE:
                break
            self._out.write("".join(lines), len(lines))
            kept.append(place)
        return kept

    def _concepts(self) -> None:
        """Terms and concepts; concepts have a label too, as the rules give it."""
        source = sources.load("ontology")
        for row in source.records(sources.Inputs(source.paths(None))):
            for s, p, o in source.triples(row):
                self._out.write(f"{s} {p} {o} <{BASE}graph/ontology> .\n")
                if p == SKOS.prefLabel:
                    label = f"<{prefixes()['rdfs']}label>"
                    self._out.write(f"{s} {label} {o} <{BASE}graph/inferred> .\n")

    def _page(self) -> str:
        """The graph of one page or of two."""
        first = self._chance.randrange(PAGES)
        names = {
            first,
            self._chance.randrange(PAGES) % 3 + first if next(self._dice) < 0.2 else first,
        }
        return self._graph("+".join(sorted(f"page-{name % PAGES:02}" for name in names)))

    def _graph(self, name: str) -> str:
        self._graphs.add(name)
        return name

    def _network(self, number: int) -> None:
        region = self._places[number % len(self._places)].region
        name = f"{words.NETWORK_HEADS[number % 6]} {words.NETWORK_FIELDS[number % 10]}"
        key = f"network-{number}"
        self._networks.append((key, f"{name} {number}"))
        self._out.add(
            NETWORK, key=key, name=f"{name} {number}", region=region, page=next(self._pages)
        )

    def _organization(self, number: int) -> None:
        form, place, listing = next(self._forms), next(self._seats), next(self._listings)
        own, chance = siren(number), next(self._dice)
        name = self._name(form, place)
        founded = f"{next(self._years)}-{1 + number % 12:02}-{1 + number % 28:02}"
        self._out.add(
            ORGANIZATION,
            siren=own,
            siret=f"{own}0001{check_digit(f'{own}0001')}",
            name=name,
            listed=self._graph(listing),
            type=form.type,
            form=form.code,
            family=form.family,
            basis=form.basis,
            activity=next(self._activities),
            people=next(self._people),
            founded=founded,
            commune=place.code,
            departement=place.departement,
            region=place.region,
        )
        if form.family == "association" and chance < 0.8:
            self._out.add(RNA, siren=own, rna=f"W{place.departement[:2]}{number % 10_000_000:07}")
        if chance < 0.06 and "ess-france" in listing:
            self._graph("ess-france")
            self._out.add(OTHER_NAME, siren=own, name=name.upper())
        if chance > 0.9:
            url = f"https://www.{words.slug(name)}-{number}.example/"
            self._out.add(HOMEPAGE, siren=own, url=url, page=next(self._pages))
        if 0.5 < chance < 0.53:
            self._out.add(DISSOLVED, siren=own, date=f"{YEAR - number % 10}{founded[4:]}")
        if 0.6 < chance < 0.75:
            self._member(own)

    def _name(self, form: words.Form, place: Place) -> str:
        chance = next(self._dice)
        head = form.heads[int(chance * 1000) % len(form.heads)]
        end = f" {place.name}" if chance < 0.6 else ""
        return f"{head} {next(self._purposes)}{end}"

    def _member(self, own: str) -> None:
        # The first networks have by far the most members.
        network, title = self._networks[int(NETWORKS * next(self._dice) ** 3)]
        self._out.add(
            MEMBER,
            siren=own,
            network=network,
            title=title,
            space=" ",
            year=next(self._years),
            page=next(self._pages),
        )

    def _presidents(self, number: int) -> None:
        """One to three people who presided over the organisation one after the other."""
        own, start = siren(number), 2000 + number // 12 % 9
        terms = 1 + number // 12 % 3
        for term in range(terms):
            given, family, page = next(self._given), next(self._family), next(self._pages)
            person = f"{words.slug(given)}-{words.slug(family)}-{number}-{term}"
            self._out.add(
                PERSON,
                person=person,
                name=f"{given} {family}",
                given=given,
                family=family,
                page=page,
            )
            title = "présidente" if given in words.WOMEN else "président"
            role = {"person": person, "role": "president", "siren": own, "page": page}
            self._out.add(ROLE, **role, start=start, title=f"{title}, siren {own}")
            if term < terms - 1:
                start += 3 + (number + term) % 4
                self._out.add(ROLE_ENDED, **role, end=start)
            else:
                self._out.add(ROLE_HELD, **role)
                self._officials.append(Official(person, own, title))

    def _publication(self, number: int) -> None:
        page, place, author = next(self._pages), next(self._seats), self._official()
        title = f"{next(self._purposes).capitalize()} : {words.slug(place.name)}, {number}"
        key = f"study-{number}"
        publisher, _ = self._networks[int(NETWORKS * next(self._dice) ** 2)]
        self._out.add(
            PUBLICATION,
            key=key,
            title=title,
            type=next(self._types),
            issued=f"{max(next(self._years), 1990)}-{1 + number % 12:02}",
            publisher=publisher if number % 3 else f"siren-{author.siren}",
            author=author.person,
            departement=place.departement,
            page=page,
        )
        self._subjects(f"publication:{key}", 1 + number % 3, page)
        if number % 7 == 0:
            for lang in ("fr", "en"):
                self._out.add(EDITION, key=key, lang=lang, title=title, page=page)
            self._out.add(TRANSLATION, key=key, page=page)
        self._studies.append(key)

    def _official(self) -> Official:
        return self._officials[int(next(self._dice) * len(self._officials))]

    def _subjects(self, entity: str, number: int, page: str) -> None:
        term = Template._term(entity)
        for theme in sorted({next(self._themes) for _ in range(number)}):
            self._out.add(SUBJECT, kind=term, theme=theme, page=page)

    def _episode(self, number: int) -> None:
        page, podcast = next(self._pages), f"podcast-{number // 20}"
        if number % 20 == 0:
            publisher, _ = self._networks[number // 20 % NETWORKS]
            title = f"Voix {next(self._purposes)}"
            self._out.add(PODCAST, key=podcast, title=title, publisher=publisher, page=page)
        key = f"episode-{number}"
        self._out.add(
            EPISODE,
            key=key,
            title=f"Rencontre {next(self._purposes)}, {number}",
            podcast=podcast,
            number=1 + number % 20,
            date=f"{2016 + number % 10}-{1 + number % 12:02}-{1 + number % 28:02}",
            minutes=15 + number % 40,
            study=self._studies[int(next(self._dice) * len(self._studies))],
            page=page,
        )
        self._subjects(f"episode:{key}", 1 + number % 2, page)
        for guest in sorted({self._official() for _ in range(1 + number % 2)}):
            self._out.add(
                APPEARANCE,
                key=key,
                person=guest.person,
                title=guest.title,
                siren=guest.siren,
                page=page,
            )

    def _sources(self) -> None:
        """Every source, and every graph with the sources whose statements it holds."""
        names = sorted({name for graph in self._graphs for name in graph.split("+")})
        for number, name in enumerate(names):
            issued = f"2026-{1 + number % 9:02}-{1 + number % 28:02}"
            self._out.add(SOURCE, key=name, title=f"Source {name}", issued=issued)
        for graph in sorted(self._graphs):
            for name in graph.split("+"):
                self._out.add(DERIVED, graph=graph, source=name)


def generate(size: int, path: Path, seed: int = SEED) -> int:
    """Write a graph of about `size` statements as compressed N-Quads; how many they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Output(path) as output:
        Generator(output, size, seed).run()
        return output.count


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    made = generate(wanted, Settings.from_environment().var / "bench" / f"{wanted}.nq.zst")
    print(f"{made:,} statements")
