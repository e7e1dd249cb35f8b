"""The mappings against what they must be: ``mappings check``.

What loading them refuses (two meanings of one code or word, rows that are none) is refused here as
well; this is the rest. Source: mappings/README.md; DICOM PS3.5 (SH, LO), PS3.16.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.criteria import table
from adapter.readers.units import UNITS
from adapter.sr.meanings import meanings, retired
from adapter.terminology import codes
from adapter.terms import PRIVATE, Term, Terms, load
from adapter.terms.concepts import DETAILS, VALUES

CODE, MEANING = 16, 64
"""Characters of an SH, and bytes of UTF-8 that every receiver takes for an LO."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something a term must not be; ``rule`` names what it breaks."""

    rule: str
    term: str
    text: str


def check(terms: Terms) -> tuple[Fault, ...]:
    """Return what is wrong with the mappings and with every dialect laid over them."""
    found = [*_concepts(terms)]
    for each in (terms, *(load(terms.overlays, path) for path, _ in terms.dialects)):
        found += [fault for term in each.terms.values() for fault in _term(term, each)]
        found += _units(each)
    found += _retired(terms)
    return tuple(dict.fromkeys(found))


def _concepts(terms: Terms) -> Iterator[Fault]:
    """Yield the concepts that a rule or a reader names and no mapping has."""
    values = (name for names in VALUES.values() for name in names)
    asked = {"rule": table.concepts(), "value": values, "detail": DETAILS}
    for what, names in asked.items():
        for name in names:
            if name not in terms.terms:
                yield Fault("concept-missing", name, f"a {what} of the criteria names it")


def _term(term: Term, terms: Terms) -> Iterator[Fault]:
    if term.private and (len(term.name) > CODE or not term.name.isascii()):
        yield Fault("code-length", term.name, f"a code has at most {CODE} characters of ASCII")
    for lang, words in (("ja", term.ja), ("en", term.en)):
        if len(words.encode()) > MEANING:
            size = len(words.encode())
            yield Fault("meaning-length", term.name, f"{lang} has {size} bytes of {MEANING}")
    if term.private and not (term.ja and term.en):
        yield Fault("label-missing", term.name, "a concept has a Japanese and an English label")
    if not (term.private or term.codes or term.kind == "structure"):
        yield Fault("code-missing", term.name, "it has no code to be written by")
    for row in term.codes:
        known = meanings().get((row.scheme, row.code))
        if known is not None and row.display not in known:
            said = " or ".join(sorted(known))
            what = f"({row.scheme}, {row.code}) is {row.display!r} here and {said!r} in DICOM"
            yield Fault("display", term.name, what)
        if row.dicom and known is None and row.scheme in ("DCM", "SCT"):
            what = f"({row.scheme}, {row.code}) is in no dictionary of DICOM"
            yield Fault("not-dicom", term.name, what)
        if len(row.display.encode()) > MEANING:
            yield Fault("meaning-length", term.name, f"the display of {row.code} is too long")
        if row.scheme != PRIVATE and row.scheme not in terms.systems:
            what = f"{row.scheme} stands in no [schemes]: FHIR resources cannot name it"
            yield Fault("scheme", term.name, what)


def _units(terms: Terms) -> Iterator[Fault]:
    for word, unit in terms.dialect.units.items():
        if unit not in UNITS:
            yield Fault("unit", terms.dialect.name, f"{word!r} stands for {unit!r}, no known unit")


def _retired(terms: Terms) -> Iterator[Fault]:
    """Yield the SRT codes that stand beside another SNOMED CT code than DICOM gives them."""
    pairs = {old.code: new.code for old, new in codes.retired(terms.terms.values())}
    for term in terms.terms.values():
        for row in (r for r in term.codes if r.scheme == "SRT"):
            given, wanted = pairs.get(row.code), retired().get(row.code)
            if given is None or (wanted is not None and given != wanted):
                what = f"(SRT, {row.code}) is not paired with (SCT, {wanted or '?'})"
                yield Fault("srt", term.name, what)
