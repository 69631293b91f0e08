"""One page of every type: in the default release, and in the tiny one what the first lacks."""

PAGES = {
    "home": "/",
    "search": "/search?q=territoires",
    "browse": "/browse/organization",
    "organization": "/doc/organization/rtes",
    "person": "/doc/person/mahel-coppey",
    "publication": "/doc/publication/etude-territoires-urbains-ess-is",
    "podcast": "/doc/podcast/echos-urbains-serie-ess",
    "episode": "/doc/episode/echos-urbains-ess-1",
    "theme": "/doc/theme/metropolis",
    "territory": "/doc/territory/insee-departement-44",
    "event": "/doc/event/cg-scop-140-ans",
    "map": "/browse/organization?view=map&region=insee-region-11",
    "region": "/doc/territory/insee-region-11",
    "source": "/doc/source/avise-podcast-echos-urbains",
    "concept": "/doc/organization-type/association",
    "scheme": "/doc/scheme/activity",
    "cube": "/doc/cube/territory-family",
    "links": "/doc/territory/insee-departement-44?by=dcterms:isPartOf",
    "graph": "/graph/organization/rtes",
    "questions": "/questions",
    "question": "/questions/presidents-of-an-organization",
    "sparql": "/sparql",
    "answer": "/sparql?query=SELECT+*+%7B+%3Fs+%3Fp+%3Fo+%7D+LIMIT+3",
    "dumps": "/dumps/",
    "changes": "/changes",
    "harvest-check": "/about/harvest-check",
    "fragments": "/fragments?predicate=foaf:name",
    "catalog": "/catalog",
    "dataset": "/catalog/kind-person",
    "ontology": "/ontology",
    "registries": "/about/registries",
    "about": "/about",
    "accessibility": "/accessibility",
    "error": "/doc/person/mahel-copey",
}

# With chapters, credits, mentions, editions and observations of every sort.
TINY = {
    "tiny episode": "/doc/episode/one",
    "tiny podcast": "/doc/podcast/serie",
    "tiny publication": "/doc/publication/study",
    "tiny event": "/doc/event/fair",
    "tiny establishment": "/doc/establishment/siret-1",
    "tiny points": "/browse/organization?view=map",
    "tiny region": "/doc/territory/insee-region-52",
    "tiny person": "/doc/person/ada",
    "hostile": "/doc/organization/evil",
}


def address(name: str, lang: str) -> str:
    """The path of a page in a language."""
    path = (PAGES | TINY)[name]
    return f"{path}{'&' if '?' in path else '?'}lang={lang}"
