"""References to things and to the whole."""

import pytest

from kg.web.citations import TYPES, Reference, bibtex, csl, ris
from tests.web.conftest import BASE, assert_canonical_error

PAPER = Reference(
    "study",
    TYPES["Report"],
    "Coûts & {limites}\nde 100 %",
    ["Ada Exemple", "Bob Modèle"],
    ["Réseau"],
    "2021-11",
    "https://a.example/x_y",
    doi="10.1/x",
    language="fr",
)


def test_bibtex_escapes_what_is_special_to_tex():
    text = bibtex(PAPER)
    assert text.startswith("@techreport{study,\n")
    assert r"title = {{Coûts \& \{limites\} de 100 \%}}" in text
    assert "author = {{Ada Exemple} and {Bob Modèle}}" in text
    assert "year = {2021}" in text
    assert "url = {https://a.example/x_y}" in text


def test_ris_has_one_line_for_each_value():
    lines = ris(PAPER).split("\r\n")
    assert lines[:2] == ["TY  - RPRT", "TI  - Coûts & {limites} de 100 %"]
    assert lines.count("AU  - Ada Exemple") == 1 and "DA  - 2021/11" in lines
    assert lines[-2:] == ["ER  - ", ""]


def test_csl_keeps_the_precision_of_the_date():
    import json

    (item,) = json.loads(csl(PAPER))
    assert item["issued"] == {"date-parts": [[2021, 11]]}
    assert item["author"] == [{"literal": "Ada Exemple"}, {"literal": "Bob Modèle"}]
    assert "version" not in item


@pytest.mark.parametrize("form", ["bib", "ris", "json"])
@pytest.mark.parametrize("path", ["dataset", "person/ada", "organization/evil"])
def test_everything_can_be_cited_in_every_form(client, path, form):
    response = client.get(f"/cite/{path}.{form}")
    assert response.status_code == 200
    assert "2026-11-23-1" in response.text
    assert f'.{form}"' in response.headers["Content-Disposition"]


def test_a_thing_is_cited_by_its_lasting_name(client):
    page = client.get("/doc/person/ada", headers={"Accept": "text/html"})
    assert f'<{BASE}id/person/ada>; rel="cite-as"' in page.headers.getlist("Link")
    for form in ("bib", "ris", "json"):
        text = client.get(f"/cite/person/ada.{form}").text
        assert f"{BASE}id/person/ada" in text and "localhost" not in text


@pytest.mark.parametrize(
    "path",
    ["person/nobody.bib", "person/ada.doc", "robot/ada.bib", "dataset.doc", "person/a%22.ris"],
)
def test_what_cannot_be_cited_is_404(client, path):
    assert_canonical_error(client.get(f"/cite/{path}"), 404)
