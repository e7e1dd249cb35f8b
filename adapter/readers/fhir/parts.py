"""A component, or a member, that states an attribute to the part of a statement.

Source: contract section 2.
"""

from adapter.model import Source, Statement
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json
from adapter.readers.fhir.values import Said, said
from adapter.terms import Match


def part(match: Match, body: Json, path: str, resource: Resource, reading: Reading) -> Statement:
    """Return what an element says of the attribute its code names."""
    return stated(match.term.name, said(match, body, path, reading), path, resource, reading)


def stated(concept: str, value: Said, path: str, resource: Resource, reading: Reading) -> Statement:
    """Return the statement that something is said of a concept."""
    return Statement(
        concept=concept,
        state=value.state,
        source=Source(document=reading.document, id=resource.key, path=path, text=value.words),
        value=value.value,
        reason=value.reason,
        quantity=value.quantity,
    )
