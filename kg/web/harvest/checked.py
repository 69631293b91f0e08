"""What the last harvest check of this site found: `/about/harvest-check`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template

from kg.web.site import site

checked = Blueprint("checked", __name__)


@checked.get("/about/harvest-check")
def page() -> Response:
    """What `kg harvest-check` wrote last; the page says so if it never did."""
    response = Response(render_template("harvest-check.html", report=_report()))
    # It changes while the release does not.
    response.headers["Cache-Control"] = "no-store"
    return response


def _report() -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(site.settings.harvest_check.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return {**found, "when": datetime.fromisoformat(found["moment"].removesuffix("Z"))}
