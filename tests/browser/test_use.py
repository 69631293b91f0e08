"""How pages are used: by keyboard, on a phone, without JavaScript, in another language."""

import re

ORGANIZATION = "/doc/organization/rtes"
# Of an ordinary entity page, compressed.
SCRIPT_LIMIT = 60_000


def test_suggestions_are_reached_and_chosen_by_keyboard(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    field = page.get_by_role("combobox")
    field.focus()
    page.keyboard.type("emeline b")
    page.get_by_role("option").first.wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert "Emeline Baume" in chosen.text_content()
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/person/emeline-baume")


def test_what_was_reached_stays_chosen_when_other_suggestions_would_come(open_page):
    page = open_page("/")
    field = page.get_by_role("combobox")
    field.focus()
    page.keyboard.type("emeline")
    page.get_by_role("option").first.wait_for()
    page.keyboard.type(" b")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(500)  # longer than the pause before suggestions are asked for
    assert page.locator("[role=option][aria-selected=true]").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/person/emeline-baume")


def test_the_way_back_from_suggestions_keeps_what_was_typed(open_page):
    page = open_page("/")
    field = page.get_by_role("combobox")
    field.focus()
    page.keyboard.type("rtes")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowUp")
    assert page.locator("[role=option]").last.get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    assert page.get_by_role("listbox").count() == 0
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=rtes")


def test_the_sources_of_a_value_open_by_keyboard(open_page):
    page = open_page(ORGANIZATION)
    summary = page.locator("details.sources > summary").first
    summary.focus()
    outline = summary.evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    assert page.locator("details.sources[open] .said").first.is_visible()


def test_the_switch_of_language_lasts(open_page):
    page = open_page(ORGANIZATION)
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**?lang=en")
    page.get_by_role("link", name="Questions").click()
    assert page.locator("html").get_attribute("lang") == "en"


def test_everything_is_said_without_javascript(open_page):
    page = open_page("/", java_script_enabled=False)
    page.locator("#q").fill("coppey")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name="Mahel Coppey").first.click()
    page.locator("details.sources > summary:visible").first.click()
    assert page.locator(".said:visible").count() > 0
    page.get_by_role("link", name=re.compile("voisinage")).click()
    assert page.locator("#neighbours tbody tr").count() > 3
    page.locator("svg.network:visible a").first.click()
    assert "/doc/" in page.url


def test_the_neighbourhood_can_be_moved_only_then_is_what_moves_it_loaded(open_page, visits):
    page = open_page("/graph/person/mahel-coppey")
    page.wait_for_load_state("networkidle")
    assert page.locator("svg.network:visible a").count() > 3
    assert not [url for url in visits.asked if "/graph-" in url]
    page.get_by_role("button", name="Déplacer").focus()
    page.keyboard.press("Enter")
    page.locator("#network canvas").first.wait_for()
    assert not page.locator("#drawn").is_visible()
    assert page.evaluate("document.activeElement.id") == "network"
    assert visits.complaints == []


def test_on_a_phone_the_neighbourhood_is_drawn_narrow(open_page):
    page = open_page("/graph/organization/rtes", width=360, height=740)
    assert page.locator("svg.network:visible").get_attribute("class") == "network narrow"
    for name in page.locator("svg.network:visible text").all():
        box = name.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360


def test_on_a_phone_a_row_is_a_card_and_stays_a_row_for_who_hears_it(open_page):
    path = "/questions/presidents-of-an-organization"
    before = "e => getComputedStyle(e, '::before').content"
    phone, wide = open_page(path, width=360, height=800), open_page(path)
    boxes = [[page.locator("td").nth(n).bounding_box() for n in (0, 1)] for page in (phone, wide)]
    assert boxes[0][0]["y"] < boxes[0][1]["y"] and boxes[1][0]["y"] == boxes[1][1]["y"]
    assert phone.locator("td").first.evaluate(before) == '"Personne" / ""'
    assert wide.locator("td").first.evaluate(before) == "none"
    assert heard(phone) == heard(wide)
    assert ("columnheader", "Personne") in heard(phone)


def heard(page):
    """What a screen reader is told of the table: the roles of its parts, and their names."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    parts = {"table", "row", "columnheader", "rowheader", "cell"}
    return [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in tree["nodes"]
        if not node["ignored"] and node["role"]["value"] in parts
    ]


def test_a_phone_shows_the_name_before_anything_else(open_page):
    page = open_page(ORGANIZATION, width=360, height=740, has_touch=True, is_mobile=True)
    assert page.get_by_role("heading", level=1).bounding_box()["y"] < 400
    for link in page.locator("header.top a, header.top button").all():
        if link.is_visible() and "skip" not in (link.get_attribute("class") or ""):
            assert link.bounding_box()["height"] >= 24


def test_scripts_of_an_ordinary_page_are_small_and_those_of_the_graph_are_elsewhere(
    open_page, visits, root
):
    import gzip
    from urllib.request import urlopen

    open_page(ORGANIZATION).wait_for_load_state("networkidle")
    scripts = [url for url in visits.asked if url.endswith(".js")]
    names = {re.split(r"[-.]", url.rpartition("/")[2])[0] for url in scripts}
    assert names == {"suggest", "copy"}
    sizes = [len(gzip.compress(urlopen(url).read())) for url in scripts]
    assert sum(sizes) < SCRIPT_LIMIT


def test_hostile_values_do_nothing(open_page, tiny_root, visits):
    for path in ("/doc/organization/evil", "/graph/organization/evil", "/search?q=%3Cscript%3E"):
        page = open_page(path, address=tiny_root)
        page.on("dialog", lambda dialog: visits.complaints.append(dialog.message))
        page.wait_for_load_state("networkidle")
        assert page.locator("script:not([src]):not([type='application/ld+json'])").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
    field = page.get_by_role("combobox").first
    field.focus()
    page.keyboard.type("script")
    page.get_by_role("option").first.wait_for()
    assert "<script>" in page.get_by_role("option").first.text_content()
    assert visits.complaints == []


def test_facets_narrow_a_list_step_by_step_and_the_way_back_is_one_click(open_page):
    page = open_page("/browse/organization")
    facet = page.locator("details.facet").filter(has=page.locator("summary", has_text="Région"))
    if not facet.evaluate("e => e.open"):
        facet.locator("summary").focus()
        page.keyboard.press("Enter")
    facet.get_by_role("link", name="Île-de-France").click()
    page.wait_for_url("**region=insee-region-11")
    count = page.get_by_role("status").text_content()
    assert page.locator(".hits > li").count() == int(count.split()[0])
    family = page.locator("details.facet").filter(has=page.locator("summary", has_text="Famille"))
    family.get_by_role("link").first.click()
    page.wait_for_url("**&family=*")
    page.locator(".chosen a").first.click()
    page.wait_for_url(lambda url: "region=" not in url)
    assert "family=" in page.url


def test_the_map_of_a_list_leads_to_a_departement_by_keyboard(open_page):
    page = open_page("/browse/organization?view=map")
    shape = page.locator(".france a[aria-label*='Paris']")
    shape.focus()
    assert shape.locator("path").evaluate("e => getComputedStyle(e).strokeWidth") == "1.6px"
    page.keyboard.press("Enter")
    page.wait_for_url("**departement=insee-departement-75*")


def test_points_are_drawn_without_any_tile(open_page, tiny_root, visits):
    page = open_page("/doc/organization/atelier", address=tiny_root)
    page.locator("#points path.leaflet-interactive").first.click()
    assert page.locator(".leaflet-popup-content").text_content() == "Atelier"
    page.wait_for_load_state("networkidle")
    assert [url for url in visits.asked if not url.startswith(tiny_root)] == []
    assert visits.complaints == []


def test_the_points_of_a_list_are_one_stop_of_the_keyboard_and_lead_on(
    open_page, tiny_root, visits
):
    page = open_page("/browse/organization?view=map", address=tiny_root)
    points = page.locator("#points [role=button][aria-label^=Membre]")
    points.first.wait_for()
    assert points.count() == 12
    assert page.locator("#points [role=button][aria-label^=Membre][tabindex='0']").count() == 1
    page.get_by_role("button", name="Membre 000").focus()
    page.keyboard.press("ArrowRight")
    named = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(named) == "Membre 010"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(named) == "Membre 110, Membre 115"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Membre 110"
    page.keyboard.press("Escape")
    assert page.evaluate(named) == "Membre 110, Membre 115"
    page.locator(".leaflet-popup").wait_for(state="detached")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/organization/member-110")
    assert visits.complaints == []


def test_things_at_one_place_are_one_point_which_has_all_their_names(open_page, tiny_root):
    page = open_page("/browse/organization?view=map", address=tiny_root)
    point = page.get_by_role("button", name="Membre 110, Membre 115")
    point.wait_for()
    assert page.locator(".how-many").all_text_contents() == ["2"]
    point.click()
    names = page.locator(".leaflet-popup-content a")
    # Those that the point covers are within reach too, as long as the map is not drawn nearer.
    assert names.all_text_contents()[:2] == ["Membre 110", "Membre 115"]
    assert "Membre 100" in names.all_text_contents()
    names.nth(1).click()
    page.wait_for_url("**/doc/organization/member-115")


def test_a_chapter_plays_in_the_player_of_the_page(open_page, tiny_root):
    page = open_page("/doc/episode/one", address=tiny_root)
    page.evaluate(
        "() => { HTMLMediaElement.prototype.play = function () { this.dataset.played = 1 } }"
    )
    page.get_by_role("link", name="Suite").click()
    assert page.locator("audio").get_attribute("data-played") == "1"
    assert page.url.endswith("/doc/episode/one")
