"""Results as Python values, for pages."""

from __future__ import annotations

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from kg.query import Request, Service, Term

Row = dict[str, Term]
_SHOWN = {NamedNode, Literal}


def select(service: Service, text: str, **bindings: Term) -> list[Row]:
    """The rows of a SELECT; a variable without value is absent from its row."""
    body = service.answer(Request(text, bindings=bindings)).read()
    solutions = parse_query_results(body, format=QueryResultsFormat.JSON)
    assert isinstance(solutions, QuerySolutions)
    names = [variable.value for variable in solutions.variables]
    # By the thousand: a look at the class takes a fraction of `isinstance` with a union.
    return [
        {
            name: value  # type: ignore[misc]
            for name, value in zip(names, solution, strict=True)
            if value.__class__ in _SHOWN
        }
        for solution in solutions
    ]


def construct(service: Service, text: str, **bindings: Term) -> list[Triple]:
    """The triples of a CONSTRUCT or DESCRIBE."""
    request = Request(text, media_type="application/n-triples", bindings=bindings)
    quads = parse(service.answer(request).read(), format=RdfFormat.N_TRIPLES)
    return [quad.triple for quad in quads]
