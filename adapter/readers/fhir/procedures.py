"""Procedure to the patient facts lumbar puncture and epidural blood patch.

Source: contract section 2; FHIR R4, R5 and STU3 procedure.html.
"""

from adapter.model import ExamRef, State, Statement
from adapter.readers.fhir import dates
from adapter.readers.fhir.codes import concept
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import single, text
from adapter.terms.concepts import DATED

_NOT_USED = frozenset({"entered-in-error", "preparation", "on-hold", "stopped", "unknown",
                       "aborted", "suspended"})  # fmt: skip
_DONE = frozenset({"completed", "in-progress"})


def procedure(resource: Resource, reading: Reading) -> Statement | None:
    """Return what a Procedure says of the patient; None where it is none of ours or not used."""
    body, path = resource.body, resource.path
    code = concept(single(body.get("code")), reading)
    match = next((m for m in code.all if m.term.name in DATED), None)
    if match is None:
        return None
    status = text(body.get("status"))
    why = resource.unusable
    if "modifierExtension" in body:
        why = "an unknown modifier may change its meaning"
    elif status in _NOT_USED:
        why = f"its status is {status}"
    elif status not in _DONE and status != "not-done":
        reading.tell("unknown-status", "Procedure.status is no code that tells", f"{path}.status")
        why = "nothing tells whether it was done"
    if why:
        if status == "entered-in-error" or resource.withdrawn:
            reading.withdrawn.append(ExamRef())
        reading.tell("not-used", f"{match.term.name} is not used: {why}", path)
        return None
    undone = status == "not-done" or body.get("notDone") is True
    stem = "occurrence" if any(key.startswith("occurrence") for key in body) else "performed"
    return Statement(
        concept=match.term.name,
        state=State.ABSENT if undone else State.PRESENT,
        source=reading.source(resource, path),
        date=None if undone else dates.effective(body, stem, path, reading),
    )
