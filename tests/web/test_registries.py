"""The records for registries, held to what the registries require, and to their lists of values.

The tables are ours. Their facts are read from what works with the registries: the form and the
servlets of the LOD Cloud's site (github.com/lod-cloud/lod-cloud-site), and clients of re3data that
were made from its schemas 2.2 (github.com/afuetterer/python-re3data) and 4.0
(http://schema.re3data.org/4-0/re3dataV4-0.xsd): obligations and values of the former, names of
elements of the latter.
"""

import copy
import re
from dataclasses import dataclass
from typing import Any

import pytest

from kg.query.local import LocalEngine, open_store
from kg.search.index import Index
from kg.settings import Settings
from kg.web.app import create_app
from kg.web.translations import compile_all

WEB = re.compile(r"https?://\S+")
TEXT = re.compile(r"\S(.*\S)?")
NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Field:
    """What may stand in a field: what matches a pattern, a value of a set, or fields of its own."""

    rule: Any = TEXT
    required: bool = True


def optional(rule=TEXT):
    return Field(rule, required=False)


LOD_CLOUD = {
    "identifier": Field(re.compile(r"[a-z0-9-]+")),
    "title": Field(),
    "description": Field({"en": Field()}),
    "full_download": optional(
        {
            "title": Field(),
            "download_url": Field(WEB),
            "media_type": Field(),
            "description": optional(),
        }
    ),
    "sparql": optional(
        {
            "title": Field(),
            "access_url": Field(WEB),
            "status": optional(),
            "description": optional(),
        }
    ),
    "other_download": optional(
        {
            "title": Field(),
            "access_url": Field(WEB),
            "media_type": Field(),
            "description": optional(),
        }
    ),
    "example": optional({"title": Field(), "access_url": Field(WEB), "description": optional()}),
    "keywords": optional(),
    "domain": Field(
        {
            *("cross-domain", "geography", "government", "life_sciences", "linguistics", "media"),
            *("publications", "social_networking", "user_generated"),
        }
    ),
    "website": Field(WEB),
    "contact_point": Field(
        {"name": Field(), "email": Field(re.compile(r"[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}"))}
    ),
    "owner": optional({"name": optional(), "email": optional()}),
    # The name of a data set that is in the cloud.
    "links": optional({"target": Field(re.compile(r"[a-z0-9-]+")), "value": Field(NUMBER)}),
    "triples": optional(NUMBER),
    "license": Field(
        re.compile(
            r"https?://(www\.)?(opendefinition|creativecommons|opensource|apache)\.org/.*"
            r"|https?://(data\.gc\.ca|data\.gov\.tw|reference\.data\.gov\.uk|www\.cecill\.info"
            r"|www\.nationalarchives\.gov\.uk|www\.govdata\.de|wordnet\.princeton\.edu)/.*"
        )
    ),
    "namespace": optional(WEB),
}

LANGUAGES = {"fra", "eng"}  # those that we have
NAME = {"value": Field(), "language": Field(LANGUAGES)}
ACCESS = {"open", "restricted", "closed"}
YES_NO = {"yes", "no", "unknown"}
LICENCES = {
    *("Apache License 2.0", "BSD", "CC", "CC0", "Copyrights", "ODC", "OGL", "OGLC"),
    *("Public Domain", "RL", "none", "other"),
}
RE3DATA = {
    "identifiers": Field(),
    "repositoryName": Field(NAME),
    "additionalName": optional(NAME),
    "repositoryUrl": Field(WEB),
    "description": optional({**NAME, "value": Field(re.compile(r"(?s).{1,1000}"))}),
    "repositoryContact": optional(re.compile(r"https?://\S+|[^@\s:]+@[^@\s]+")),
    "type": Field({"disciplinary", "institutional", "other"}),
    "size": optional({"value": Field(), "updated": Field(re.compile(r"\d{4}-\d{2}-\d{2}"))}),
    "repositoryLanguage": Field(LANGUAGES),
    "subject": Field(
        {"subjectScheme": Field({"DFG"}), "subjectId": Field(NUMBER), "subjectName": Field()}
    ),
    "contentType": optional(
        {
            *("Standard office documents", "Networkbased data", "Databases", "Images"),
            *("Structured graphics", "Audiovisual data", "Raw data", "Plain text"),
            *("Scientific and statistical data formats", "Structured text", "Archived data"),
            *("Software applications", "Source code", "Configuration data", "other"),
        }
    ),
    "providerType": Field({"dataProvider", "serviceProvider"}),
    "keyword": optional(),
    "institution": Field(
        {
            "institutionName": Field(NAME),
            "institutionAdditionalName": optional(NAME),
            "institutionCountry": Field(re.compile("[A-Z]{3}")),
            "responsibilityType": optional({"funding", "general", "sponsoring", "technical"}),
            "institutionType": optional({"commercial", "non-profit"}),
            "institutionUrl": optional(WEB),
        }
    ),
    "databaseAccess": Field({"databaseAccessType": Field(ACCESS)}),
    "databaseLicense": optional(
        {"databaseLicenseName": Field(LICENCES), "databaseLicenseUrl": Field(WEB)}
    ),
    "dataAccess": Field({"dataAccessType": Field({*ACCESS, "embargoed"})}),
    "dataLicense": Field({"dataLicenseName": Field(LICENCES), "dataLicenseUrl": Field(WEB)}),
    "dataUpload": Field({"dataUploadType": Field(ACCESS)}),
    "versioning": Field(YES_NO),
    "api": optional(
        {
            "apiType": Field(
                {
                    *("FTP", "NetCDF", "OAI-PMH", "OpenDAP", "REST", "SOAP", "SPARQL", "SWORD"),
                    "other",
                }
            ),
            "apiUrl": Field(WEB),
        }
    ),
    "pidSystem": Field({"ARK", "DOI", "hdl", "PURL", "URN", "other", "none"}),
    "enhancedPublication": Field(YES_NO),
    "qualityManagement": Field(YES_NO),
    "metadataStandard": optional(
        {
            "metadataStandardName": Field(
                {
                    *("DCAT - Data Catalog Vocabulary", "Dublin Core", "PROV"),
                    *("RDF Data Cube Vocabulary", "other"),
                }
            ),
            "metadataStandardUrl": Field(WEB),
        }
    ),
    "entryDate": Field(),
    "lastUpdate": Field(),
}
# What is not known here: the registry gives it, or who hands the record in.
LEFT = {
    "re3data": {
        "identifiers is missing",  # the registry's
        "entryDate is missing",
        "lastUpdate is missing",
        "institution.institutionCountry is missing",
    },
    "lod-cloud": {
        "license is not allowed: https://www.etalab.gouv.fr/licence-ouverte-open-licence"
    },
}
TABLES = {"lod-cloud": LOD_CLOUD, "re3data": RE3DATA}


def problems(given, table, path=""):
    """What is missing, what is not allowed, and what the table does not know."""
    for name in given.keys() - table.keys():
        yield f"{path}{name} is unknown"
    for name, field in table.items():
        values = given.get(name, [])
        values = [each for each in (values if isinstance(values, list) else [values]) if each]
        if field.required and not values:
            yield f"{path}{name} is missing"
        for value in values:
            if isinstance(field.rule, dict):
                yield from problems(value, field.rule, f"{path}{name}.")
            elif not (
                value in field.rule if isinstance(field.rule, set) else field.rule.fullmatch(value)
            ):
                yield f"{path}{name} is not allowed: {value}"


@pytest.fixture(scope="module")
def records(default_release):
    """`records(contact)`: the records of the default release, by registry."""
    compile_all()
    parts = (
        LocalEngine(open_store(default_release)),
        Index(default_release.folder / "search", default_release.base),
    )

    def made(contact):
        client = create_app(default_release, *parts, Settings(contact=contact)).test_client()
        return {name: client.get(f"/about/registries/{name}.json").get_json() for name in TABLES}

    return made


@pytest.mark.parametrize("name", TABLES)
def test_a_record_has_what_is_required_and_values_of_the_lists(records, name):
    record = records("team@ess.example.org")[name]
    assert set(problems(record, TABLES[name])) == LEFT[name]


def test_a_contact_that_is_no_e_mail_address_is_given_as_none(records):
    for contact in ("", "https://ess.example.org/contact"):
        made = records(contact)
        found = set(problems(made["lod-cloud"], LOD_CLOUD))
        assert found == {*LEFT["lod-cloud"], "contact_point.email is missing"}
        assert set(problems(made["re3data"], RE3DATA)) == LEFT["re3data"]
    assert made["re3data"]["repositoryContact"] == [contact]


def test_the_institution_is_the_publisher_of_the_catalogue(records):
    (institution,) = records("")["re3data"]["institution"]
    assert institution["institutionName"] == {"value": "ESS knowledge graph", "language": "eng"}
    assert "institutionCountry" not in institution


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda record: record.pop("institution"), "institution is missing"),
        (lambda record: record.update(type=["library"]), "type is not allowed: library"),
        (lambda record: record.update(repositoryURL="x"), "repositoryURL is unknown"),
        (
            lambda record: record["api"][1].update(apiUrl="/oai"),
            "api.apiUrl is not allowed: /oai",
        ),
    ],
)
def test_the_table_finds_what_is_wrong(records, change, problem):
    record = copy.deepcopy(records("")["re3data"])
    change(record)
    assert problem in set(problems(record, RE3DATA))
