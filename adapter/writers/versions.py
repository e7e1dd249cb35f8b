"""A report's next version: what its status is, and whether there is one at all.

Source: FHIR R4 DiagnosticReport, ``status``; JP Core 1.2.0, JP_DiagnosticReport_Radiology (a
withdrawn report and its Observations are ``entered-in-error``).
"""

from dataclasses import replace

from adapter.errors import RefusedInput, Usage
from adapter.model import ISSUED, Case, Graded, Input
from adapter.terms.concepts import LACKING
from adapter.writers import ids
from adapter.writers.options import WriteOptions


def is_whole(case: Case) -> bool:
    """Return whether every input could be taken, and none is preliminary."""
    used = (i for i in case.inputs if i.status == "used")
    return not case.incomplete and not any(i.preliminary for i in used)


def lacking(case: Case) -> tuple[str, ...]:
    """Return the concepts that a report says of its inputs, where they are not whole.

    They are written as codes: who grades the report instead of its inputs is told again.
    """
    is_salvaged = any(issue.code == LACKING["salvaged"] for issue in case.issues)
    said = {"incomplete": case.incomplete, "salvaged": is_salvaged}
    return tuple(name for name in LACKING if said[name])


def status(case: Case, options: WriteOptions) -> str:
    """Return the status of a report, FHIR's.

    ``final`` where a physician vouches for a report on whole and final inputs, ``amended`` where it
    replaces one that somebody vouched for, else ``preliminary``; ``entered-in-error`` where all
    that was stated is withdrawn, whoever signs.

    Raises
    ------
    Usage
        The report replaces one that was vouched for, and nobody vouches for it.
    RefusedInput
        It does, and its inputs are not whole or only preliminary.
    """
    if case.is_void:
        return "entered-in-error"
    whole = is_whole(case)
    issued = next((p for p in options.previous if p.status in ISSUED), None)
    if options.verified_by and whole:
        return "amended" if issued else "final"
    if issued is None:
        return "preliminary"
    # A reader of the old one would go on trusting a report that nobody vouches for.
    old = f"is {issued.status}: a preliminary report never replaces it"
    if not options.verified_by:
        raise Usage(f"{old}. Sign the new one with --verified-by", issued.input.name)
    raise RefusedInput(f"{old}, and inputs are missing or preliminary", issued.input.name)


def is_unchanged(graded: Graded, options: WriteOptions) -> bool:
    """Return whether what is to be replaced is this very version: there is nothing to write.

    A FHIR report tells by its version's identifier; an SR, where no FHIR is given, by its UID,
    which an instant of writing that is given enters.
    """
    base = ids.seed(graded, options)
    versions = [p.version for p in options.previous if p.version]
    if versions:
        return versions == [ids.uuid5(base, "DiagnosticReport")]
    documents = [p.input for p in options.previous if p.sr]
    return bool(documents) and all(
        one.id == ids.sr_document(base, replace(options, predecessors=_replaced(one)))[1]
        for one in documents
    )


def _replaced(document: Input) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(("", "", "", instance) for instance in document.replaces)
