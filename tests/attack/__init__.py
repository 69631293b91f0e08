"""Attacks on the real `kg serve`, over loopback."""

from __future__ import annotations

import json
from http import HTTPStatus

from kg import errors
from tests.served import Reply

SECONDS, MEMORY, RESULT = 1, 300, 8
LIMITS = {
    "KG_QUERY_SECONDS": str(SECONDS),
    "KG_QUERY_MEMORY": str(MEMORY),
    "KG_RESULT_SIZE": str(RESULT),
    "KG_QUERY_WORKERS": "4",
    "KG_CACHE_MEMORY": "8",
}
# What a problem document may give as its reason, with the status that goes with it.
REASONS = {each.phrase.lower().replace(" ", "-"): each.value for each in HTTPStatus} | {
    each.reason: each.status
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, errors.QueryError)
}
# What an engine that is sound answers; `crash` is for one that is not.
KNOWN = set(REASONS) - {"error", "crash", "abandoned", "internal-server-error"}


def assert_sound(reply: Reply, *reasons: str) -> str:
    """A whole answer, or an error that says why: one of `reasons`, if there are any."""
    if reply.status == 200:
        if "json" in reply.headers["Content-Type"]:
            json.loads(reply.body)
        assert not reasons, f"answered, and not refused for {reasons}"
        return ""
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    problem = json.loads(reply.body)
    assert problem["reason"] in (reasons or KNOWN), problem
    assert problem["status"] == reply.status == REASONS[problem["reason"]]
    assert problem["detail"] and "Traceback" not in problem["detail"]
    if reply.status in {429, 503}:
        assert int(reply.headers["Retry-After"]) > 0
    return str(problem["reason"])
