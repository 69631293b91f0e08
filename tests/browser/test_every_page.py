"""Every type of page in a real browser: accessibility, width, requests, complaints, valid HTML."""

import json
import shutil
import subprocess

import pytest

from tests.browser.conftest import MODULES
from tests.browser.pages import PAGES, TINY, address

AXE = MODULES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BOTH = pytest.mark.parametrize("lang", ["fr", "en"])
EVERY = pytest.mark.parametrize("name", PAGES)


def violations(page, kind, values):
    found = page.evaluate(
        "only => axe.run(document, {runOnly: only})", {"type": kind, "values": values}
    )
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@BOTH
@pytest.mark.parametrize("name", [*PAGES, *TINY])
def test_axe_finds_nothing_in_light_and_dark(open_page, root, tiny_root, name, lang):
    host = tiny_root if name in TINY else root
    page = open_page(address(name, lang), address=host, color_scheme="light")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert violations(page, "tag", RULES) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "rule", ["color-contrast"]) == []


@EVERY
def test_nothing_leaves_the_host_and_nothing_is_complained_about(open_page, root, visits, name):
    page = open_page(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert {url for url in visits.asked if not url.startswith((root, "data:"))} == set()
    expected = ["404"] if name == "error" else []
    assert [text for text in visits.complaints if not any(e in text for e in expected)] == []


@pytest.mark.parametrize("name", [*PAGES, *TINY])
def test_no_page_is_wider_than_the_smallest_phone(open_page, root, tiny_root, name):
    host = tiny_root if name in TINY else root
    page = open_page(address(name, "fr"), address=host, width=320, height=640)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, page.evaluate(
        "[...document.querySelectorAll('main *')]"
        ".filter(e => e.getBoundingClientRect().right > 321)"
        ".slice(0, 5).map(e => e.outerHTML.slice(0, 120))"
    )
    scrolled = page.evaluate(
        "[...document.querySelectorAll('main .scroll')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.ariaLabel)"
    )
    assert scrolled == [], "give these tables the class 'records', and each cell a data-label"


@pytest.fixture(scope="module")
def written(default_app, tiny, tmp_path_factory):
    """All pages as files, for the validators."""
    folder = tmp_path_factory.mktemp("html")
    for name in [*PAGES, *TINY]:
        client = (tiny if name in TINY else default_app).test_client()
        for lang in ("fr", "en"):
            response = client.get(address(name, lang), headers={"Accept": "text/html"})
            (folder / f"{name}-{lang}.html").write_bytes(response.data)
    return folder


def test_html_validate_finds_nothing(written):
    program = MODULES / ".bin" / "html-validate"
    if not program.exists() or not shutil.which("node"):
        pytest.skip("html-validate or node is not installed: run 'make bundle'")
    rules = {
        "extends": ["html-validate:standard", "html-validate:document"],
        "root": True,
        "rules": {
            # Style, not validity.
            "void-style": "off",
            "no-trailing-whitespace": "off",
            "long-title": "off",
            "no-implicit-button-type": "off",
            "prefer-native-element": "off",
            "require-sri": "off",
            "tel-non-breaking": "off",
            "attribute-boolean-style": "off",
            "doctype-style": "off",
            "wcag/h37": "off",
        },
    }
    (written / ".htmlvalidate.json").write_text(json.dumps(rules))
    done = subprocess.run(
        [program, "--formatter", "text", *sorted(written.glob("*.html"))],
        capture_output=True,
        text=True,
        cwd=written,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def test_vnu_finds_nothing(written):
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists() or not shutil.which("java"):
        pytest.skip("vnu wants java, and 'make bundle'")
    done = subprocess.run(
        [
            "java",
            "-Xss4m",
            "-jar",
            jar,
            "--errors-only",
            "--format",
            "gnu",
            *written.glob("*.html"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
