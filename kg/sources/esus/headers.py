"""The columns of the ESUS list, by the names that its editions give them.

The list is a spreadsheet that is drawn up anew each year: columns come, go and change their names.
A row of the importer has the fields below whatever the edition. Names are compared as `folded`
leaves them: without case, accents and punctuation (`N° SIREN` is `N SIREN`). Beside names that
editions had, the table has those that are usual in such lists; an edition with other ones takes a
line here.
"""

from __future__ import annotations

from kg.sources.toponyms import folded

# Without these two a row of the spreadsheet is no header.
NEEDED = ("siren", "name")

FIELDS: dict[str, tuple[str, ...]] = {
    "siren": (
        "SIREN",
        "N SIREN",
        "NO SIREN",
        "NUMERO SIREN",
        "NUMERO DE SIREN",
        "N SIREN DE L ENTREPRISE",
        "SIREN DE LA STRUCTURE",
        "SIREN SIRET",
        "SIREN OU SIRET",
        "SIRET",
        "N SIRET",
        "NUMERO SIRET",
    ),
    "name": (
        "NOM",
        "DENOMINATION",
        "DENOMINATION SOCIALE",
        "RAISON SOCIALE",
        "NOM OU RAISON SOCIALE",
        "NOM DE L ENTREPRISE",
        "NOM DE L ORGANISME",
        "NOM DE LA STRUCTURE",
        "NOM DE LA STRUCTURE AGREEE",
        "ENTREPRISE",
        "STRUCTURE",
    ),
    "form": (
        "FAMILLE",
        "FAMILLE ESS",
        "FORME JURIDIQUE",
        "STATUT",
        "STATUT JURIDIQUE",
        "CATEGORIE JURIDIQUE",
        "TYPE DE STRUCTURE",
    ),
    "departement": (
        "DEPARTEMENT",
        "DEP",
        "DPT",
        "DEPT",
        "N DEPARTEMENT",
        "CODE DEPARTEMENT",
        "NUMERO DE DEPARTEMENT",
        "DEPARTEMENT DU SIEGE",
    ),
    "commune": ("COMMUNE", "VILLE", "COMMUNE DU SIEGE", "VILLE DU SIEGE"),
    "postal_code": ("CODE POSTAL", "CP"),
    "start": (
        "DATE D AGREMENT",
        "DATE AGREMENT",
        "DATE DE L AGREMENT",
        "DATE DE DECISION",
        "DATE DE LA DECISION",
        "DATE DE DECISION D AGREMENT",
        "DATE DE DEBUT",
        "DATE DE DEBUT D AGREMENT",
        "DATE DE DEBUT DE L AGREMENT",
        "DATE DE DELIVRANCE",
        "DATE D EFFET",
        "DATE DE L ARRETE",
        "DEBUT D AGREMENT",
    ),
    "end": (
        "DATE DE FIN",
        "DATE DE FIN D AGREMENT",
        "DATE DE FIN DE L AGREMENT",
        "DATE DE FIN DE VALIDITE",
        "DATE D ECHEANCE",
        "DATE D EXPIRATION",
        "ECHEANCE",
        "FIN D AGREMENT",
        "FIN DE VALIDITE",
        "VALABLE JUSQU AU",
    ),
    "duration": ("DUREE", "DUREE D AGREMENT", "DUREE DE L AGREMENT", "DUREE EN ANNEES"),
    "authority": (
        "AUTORITE",
        "AUTORITE DE DELIVRANCE",
        "SERVICE INSTRUCTEUR",
        "DDETS",
        "DREETS",
        "DIRECCTE",
    ),
    "region": ("REGION",),
    "contact": ("ADRESSE", "ADRESSE DU SIEGE", "TELEPHONE", "COURRIEL", "EMAIL", "MAIL"),
    "activity": ("ACTIVITE", "SECTEUR", "SECTEUR D ACTIVITE", "CODE APE", "CODE NAF"),
}
_FIELD = {name: field for field, names in FIELDS.items() for name in names}


def fields(cells: list[str]) -> list[str] | None:
    """The fields of the columns that a header names; None for a row that is no header.

    A column that is not known keeps its name, so that the build warns of it; one without a name
    has none. Of two columns of one field the first counts.

    >>> fields(["", "N° SIREN", "Dénomination", "Observations"])
    ['', 'siren', 'name', 'Observations']
    """
    found: list[str] = []
    for cell in cells:
        field = _FIELD.get(folded(cell), cell)
        found.append(field if field not in found else cell if cell not in found else "")
    return found if set(NEEDED) <= set(found) else None
