"""Rules of the document around the tree: flags, dates, evidence, verification.

Source: DICOM PS3.3 C.17.1, C.17.2 (SR Document Series and General modules); PS3.10.
"""

from collections.abc import Callable

from adapter.sr.content import Reference, SrDocument
from adapter.sr.rules.base import ERROR, WARNING, Broken, Rule, mended, walk

_FLAGS = {
    "CompletionFlag": ("PARTIAL", "COMPLETE"),
    "VerificationFlag": ("UNVERIFIED", "VERIFIED"),
}


def flags(document: SrDocument) -> Broken:
    for name, values in _FLAGS.items():
        if document.header.get(name, "").strip() not in values:
            yield "", f"{name} is not {' or '.join(values)}"


def preliminary(document: SrDocument) -> Broken:
    value = document.header.get("PreliminaryFlag", "").strip()
    if value and value not in ("PRELIMINARY", "FINAL"):
        yield "", "PreliminaryFlag is not PRELIMINARY or FINAL"


def filled(keyword: str) -> Callable[[SrDocument], Broken]:
    """Return the check that one header attribute is there and not empty."""

    def broken(document: SrDocument) -> Broken:
        if not document.header.get(keyword, "").strip():
            yield "", f"{keyword} is missing or empty"

    return broken


def modality(document: SrDocument) -> Broken:
    if document.header.get("Modality", "").strip() != "SR":
        yield "", "Modality is not SR"


def verified(document: SrDocument) -> Broken:
    if document.header.get("VerificationFlag", "").strip() != "VERIFIED":
        return
    if not any(name.strip() for name in document.verifiers):
        yield "", "VERIFIED without a verifying observer"


def evidence(document: SrDocument) -> Broken:
    """Yield each item that refers to an instance which is not listed as evidence."""
    listed = {reference.sop_instance for _, _, reference in document.evidence}
    for item in walk(document.root):
        value = item.value
        if isinstance(value, Reference) and value.sop_instance not in listed:
            yield item.path, "refers to an instance that is not listed as evidence"


def preamble(document: SrDocument) -> Broken:
    yield from mended(document, "no-preamble", "no-file-meta")


def procedures(document: SrDocument) -> Broken:
    if "PerformedProcedureCodeSequence" not in document.header:
        yield "", "PerformedProcedureCodeSequence is missing"


RULES = (
    Rule("document.flags", ERROR, "PS3.3 C.17.2", flags),
    Rule("document.preliminary", ERROR, "PS3.3 C.17.2", preliminary),
    *(
        Rule(f"document.{name}", ERROR, "PS3.3 C.17.1, C.17.2", filled(keyword))
        for name, keyword in (
            ("content-date", "ContentDate"),
            ("content-time", "ContentTime"),
            ("instance-number", "InstanceNumber"),
        )
    ),
    Rule("document.procedures", ERROR, "PS3.3 C.17.2", procedures),
    Rule("document.modality", ERROR, "PS3.3 C.17.1", modality),
    Rule("document.verified", ERROR, "PS3.3 C.17.2", verified),
    Rule("document.evidence", ERROR, "PS3.3 C.17.2", evidence),
    Rule("document.preamble", WARNING, "PS3.10 section 7", preamble),
)
