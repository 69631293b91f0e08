"""What the index counts of a territory or a theme."""

from tests.web.conftest import assert_page


def test_a_territory_counts_its_organisations_by_family_and_leads_to_them(client, store):
    from pyoxigraph import RdfFormat, parse

    from tests.web.conftest import BASE, PREFIXES

    store.extend(
        parse(
            PREFIXES
            + f"""@base <{BASE}id/> . GRAPH <../graph/a> {{
            <territory/insee-departement-44> rdfs:label "Loire-Atlantique"@fr ;
              ess:territoryLevel <territory-level/departement> ; ess:inseeCode "44" . }}""",
            format=RdfFormat.TRIG,
        )
    )
    response = client.get("/doc/territory/insee-departement-44.html")
    assert_page(response)
    start = "/browse/organization?departement=insee-departement-44"
    assert f'<a href="{start}"><b>10</b> organisations</a>' in response.text
    assert f'<a href="{start}&amp;family=association">association</a></th>' in response.text
    assert '<td class="n">4</td>' in response.text and 'width="66.7%"' in response.text


def test_a_thing_that_is_no_value_of_a_facet_has_no_figures(client):
    assert 'id="figures"' not in client.get("/doc/person/ada.html").text
