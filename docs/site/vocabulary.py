"""The terms of ``mappings/`` to ``docs/vocabulary.md``: every code, in every scheme, by its set.

Source: `adapter.terminology.groups` (the sets that the export writes), `adapter.terms`.
"""

from collections.abc import Iterable, Iterator

from adapter import terms
from adapter.terminology.groups import groups
from adapter.terms import PRIVATE, Term
from docs.site import markdown
from docs.site.markdown import code, codes, table

TERMS = terms.load()
_SITES = "sites"
_MARKS = {"equal": "", "narrower": " (narrower: read, never written)",
          "broader": " (broader: neither read nor written)"}  # fmt: skip


def page() -> str:
    """Return the page."""
    return markdown.page("Vocabulary", *_parts())


def _parts() -> Iterator[str]:
    yield INTRODUCTION
    yield "## Coding schemes"
    yield table(("designator", "FHIR system", "UID"), (
        (code(scheme), code(TERMS.written[scheme]), code(TERMS.uids.get(scheme, "")))
        for scheme in TERMS.written
    ))  # fmt: skip
    for group in groups(TERMS):
        yield f"## {group.en} ({group.ja})"
        yield f"ValueSet and context group `{group.id}`."
        yield _terms(group.terms, with_words=group.id == "states")
    yield "## Exam kinds and what fits them"
    yield "A fact of several kinds counts where a group or a study tells its exam."
    yield table(("concept", "kind", "exams"), (
        (code(t.name), t.kind, codes(t.exams)) for t in TERMS.terms.values() if t.exams
    ))  # fmt: skip


def _terms(found: Iterable[Term], *, with_words: bool) -> str:
    head = ("term", "Japanese", "English", "codes", *(("words",) if with_words else ()))
    return table(head, (
        (code(t.name), t.ja, t.en, "; ".join(_codes(t)), *((" ".join(t.words),) * with_words))
        for t in found
    ))  # fmt: skip


def _codes(term: Term) -> Iterator[str]:
    if term.private:
        yield f"`{PRIVATE}` `{term.name}`"
    for row in term.codes:
        if row.like:
            yield f"`{row.scheme}` pattern `{row.code}`"
        else:
            state = f" = {row.state.value}" if row.state else ""
            outside = "" if row.dicom or row.scheme != "SCT" else " (not in DICOM)"
            yield f"`{row.scheme}` `{row.code}`{state}{_MARKS[row.fits]}{outside}"


INTRODUCTION = """\
Every term that findings and grades are said in, with all codes that are read as it. What is
written: the first code; under the setting `snomed = "full"` also the codes of SNOMED CT that
the DICOM standard does not list (marked below), which need a licence in most countries.
`csfleak terminology export` writes all of this as FHIR packages and DICOM tables:
[terminology](terminology.md). How to add a code: [extending](extending.md)."""
