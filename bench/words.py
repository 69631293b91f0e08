"""What invented entities are made of: names, codes, and how common each is.

The shares follow the shape of the registers (nine in ten of the units are associations, most have
no employee), not their figures.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Form(NamedTuple):
    """A legal form with what follows from it, and how names of such organisations begin."""

    weight: float
    code: str
    type: str
    family: str
    basis: str
    heads: tuple[str, ...]


_ASSOCIATION = (
    "Association",
    "Amicale",
    "Comité",
    "Collectif",
    "Cercle",
    "Foyer",
    "Club",
    "Les amis",
)
_COOPERATIVE = ("Coopérative", "Atelier coopératif", "La Fabrique", "Compagnons")
_COMPANY = ("Entreprise d'insertion", "Ateliers solidaires", "Régie", "Relais")
_MUTUAL = ("Mutuelle", "Union mutualiste", "Solidarité mutualiste")
_FOUNDATION = ("Fondation", "Fonds")

FORMS = (
    Form(72, "9220", "association", "association", "law", _ASSOCIATION),
    Form(8, "9260", "association", "association", "law", _ASSOCIATION),
    Form(4, "9230", "association", "association", "law", _ASSOCIATION),
    Form(3, "9221", "association", "association", "law", ("Régie de quartier", "Chantier")),
    Form(3, "6317", "cooperative", "cooperative", "law", ("Coopérative agricole", "CUMA")),
    Form(2.5, "5710", "company", "commercial-company", "esus-approval", _COMPANY),
    Form(1.5, "5710", "company", "undetermined", "undetermined", _COMPANY),
    Form(1.2, "5458", "scop", "cooperative", "law", _COOPERATIVE),
    Form(1.0, "5499", "company", "commercial-company", "register-flag", _COMPANY),
    Form(1.0, "5558", "scop", "cooperative", "law", _COOPERATIVE),
    Form(0.8, "8210", "mutual", "mutual", "law", _MUTUAL),
    Form(0.6, "9300", "foundation", "foundation", "law", _FOUNDATION),
    Form(0.5, "6411", "mutual", "mutual", "law", _MUTUAL),
    Form(0.5, "5560", "cooperative", "cooperative", "law", _COOPERATIVE),
    Form(0.4, "5460", "cooperative", "cooperative", "law", _COOPERATIVE),
)
ACTIVITIES = {
    "94.99Z": 34.0, "93.12Z": 17.0, "88.99B": 8.0, "90.01Z": 6.0, "88.10A": 4.0, "85.59B": 3.5,
    "94.91Z": 3.0, "88.91A": 2.8, "87.10A": 2.4, "85.51Z": 2.3, "91.03Z": 1.8, "01.61Z": 1.7,
    "56.29B": 1.5, "93.29Z": 1.4, "86.10Z": 1.2, "68.20A": 1.1, "65.12Z": 0.9, "38.11Z": 0.8,
    "81.21Z": 0.7, "49.39A": 0.6, "64.19Z": 0.5, "58.14Z": 0.5, "72.20Z": 0.4, "35.11Z": 0.3,
}  # fmt: skip
SIZE_CLASSES = {
    "NN": 78.0, "00": 6.0, "01": 7.0, "02": 2.6, "03": 2.0, "11": 1.7, "12": 1.3, "21": 0.7,
    "22": 0.4, "31": 0.15, "32": 0.08, "41": 0.04, "42": 0.02, "51": 0.01, "52": 0.005, "53": 0.002,
}  # fmt: skip
LISTINGS = {
    "sirene": 48.0,
    "rna+sirene": 30.0,
    "ess-france+sirene": 14.0,
    "ess-france+rna+sirene": 7.0,
    "ess-france+esus+sirene": 1.0,
}
PUBLICATION_TYPES = {
    "study": 5.0, "report": 4.0, "guide": 3.0, "activity-report": 3.0, "news-article": 2.0,
    "panorama": 1.0, "public-report": 1.0, "factsheet": 1.0, "atlas": 0.3, "barometer": 0.3,
}  # fmt: skip
THEMES = (
    "ess", "social-innovation", "associations", "cooperatives", "local-development", "employment",
    "circular-economy", "work-integration", "solidarity", "funding", "ptce", "culture", "housing",
    "sustainable-food", "public-policy", "energy", "third-places", "health", "mobility", "youth",
    "responsible-procurement", "digital", "impact-measurement", "popular-education", "commons",
    "rural-areas", "metropolis", "agriculture", "europe", "low-tech", "local-currencies",
)  # fmt: skip
PURPOSES = (
    "des jardins partagés", "du patrimoine", "d'aide à domicile", "des parents d'élèves",
    "de lecture publique", "du quartier", "de musique", "de théâtre", "d'insertion", "de réemploi",
    "des aînés", "de la jeunesse", "de randonnée", "du logement", "des habitants", "de formation",
    "de la petite enfance", "d'éducation populaire", "de solidarité", "du vélo", "de l'énergie",
    "des circuits courts", "de la forêt", "du littoral", "des arts vivants", "de santé",
    "d'accueil", "de la mémoire", "du fleuve", "des tisserands", "de l'abeille", "du moulin",
    "de la vallée", "des trois rivières", "du bocage", "de la colline", "de l'horizon", "du levain",
    "des possibles", "de la main verte", "de l'étoile", "du canal", "des ateliers", "du vignoble",
    "de judo", "de football", "de pétanque", "de danse", "de chorale", "de photographie",
    "de cinéma", "des jeunes agriculteurs", "de pêche", "des pompiers", "de secours", "du tri",
    "de recyclage", "de covoiturage", "d'épargne solidaire", "de médiation", "d'entraide",
    "de l'économie sociale", "des monnaies locales", "des tiers-lieux",
)  # fmt: skip
HEADS = tuple(dict.fromkeys(head for form in FORMS for head in form.heads))
NETWORK_HEADS = (
    "Réseau national", "Fédération", "Union", "Confédération", "Mouvement", "Alliance",
)  # fmt: skip
NETWORK_FIELDS = (
    "des associations", "des coopératives", "de l'insertion", "des tiers-lieux", "du réemploi",
    "de l'habitat participatif", "des mutuelles", "de l'éducation populaire", "des fondations",
    "de l'énergie citoyenne",
)  # fmt: skip
WOMEN = (
    "Camille", "Marie", "Claire", "Sophie", "Nadia", "Isabelle", "Fatima", "Anne", "Émilie",
    "Hélène", "Léa", "Sarah", "Élise", "Julie", "Mathilde", "Aïcha", "Agnès", "Inès",
)  # fmt: skip
GIVEN_NAMES = (
    *WOMEN,
    "Pierre", "Thomas", "Karim", "François", "Nicolas", "Hugo", "Julien", "Antoine", "Mehdi",
    "Benoît", "Léo", "Rémi", "Olivier", "Paul", "Yann", "Jérôme", "Samuel", "Étienne",
)  # fmt: skip
FAMILY_NAMES = (
    "Martin", "Bernard", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent",
    "Simon", "Michel", "Lefèvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier",
    "Girard", "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau", "Vincent", "Müller", "Faure",
    "André", "Mercier", "Blanc", "Guérin", "Boyer", "Garnier", "Chevalier", "François", "Legrand",
    "Gauthier", "Garcia", "Perrin", "Robin", "Clément", "Morin", "Nicolas", "Henry", "Roussel",
    "Mathieu", "Gautier", "Masson", "Marchand", "Duval", "Denis", "Dumont", "Marie", "Lemaire",
    "Noël", "Meyer", "Dufour", "Meunier", "Brun", "Blanchard", "Giraud", "Joly", "Rivière",
)  # fmt: skip


def weighted(table: dict[T, float]) -> tuple[list[T], list[float]]:
    """The values and the weights of a table."""
    return list(table), list(table.values())


def slug(name: str) -> str:
    """A name as it stands in an address."""
    plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
