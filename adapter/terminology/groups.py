"""Terms to the sets they are chosen from: what the export calls a ValueSet or a context group.

Source: contract, concepts.tsv and sites.tsv; criteria section 1; ``mappings/`` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.model import KINDS, METHODS, SIDES
from adapter.sites import AXIS
from adapter.terms import Term, Terms
from adapter.terms.concepts import DETAILS, VALUES, belongs, fits

STATES = ("present", "absent", "indeterminate")
_REPORTED = ("exam-ref", "institution", "same-site")
"""Attributes that are no state: they hold text, and SR alone has them as items."""

_CONDITIONS = {"csf-leak": "leak-", "intracranial-hypotension": "hypo-"}
_FINDING_GRADES = ("confirmed", "definite", "highly-suspected", "suspected", "reference", "none")
_GRADES = ("confirmed", "definite", "suspected", "not-met", "withheld", "not-assessable")


@dataclass(frozen=True, slots=True)
class Group:
    """A set of terms to choose from; ``id`` names it in both worlds, ``terms`` are in order."""

    id: str
    ja: str
    en: str
    terms: tuple[Term, ...]


def groups(terms: Terms) -> tuple[Group, ...]:
    """Return every set, in a fixed order."""
    return tuple(_groups(terms))


def _groups(terms: Terms) -> Iterator[Group]:
    def chosen(*names: str) -> tuple[Term, ...]:
        return tuple(terms[name] for name in names)

    def of(kind: str) -> tuple[Term, ...]:
        return tuple(t for t in terms.terms.values() if t.kind == kind)

    yield Group("states", "所見の有無", "States of a finding", chosen(*STATES))
    yield Group("lesions", "病変", "Lesions", of("lesion"))
    for lesion in of("lesion"):
        found = attributes(lesion, terms)
        title = f"{lesion.ja}の属性", f"Attributes of: {lesion.en}"
        yield Group(f"attributes-{lesion.name}", *title, found)
    for parent in dict.fromkeys(DETAILS.values()):
        details = chosen(*(name for name, of_ in DETAILS.items() if of_ == parent))
        title = f"{terms[parent].ja}の詳細", f"Details of: {terms[parent].en}"
        yield Group(f"details-{parent}", *title, details)
    for kind in KINDS:
        facts = tuple(t for t in of("exam") if fits(t, kind))
        title = f"{terms[kind].ja}の所見", f"Facts of: {terms[kind].en}"
        yield Group(f"facts-{kind}", *title, facts)
    yield Group("facts-patient", "患者の所見", "Facts of the patient", of("patient"))
    for name, values in VALUES.items():
        yield Group(name, terms[name].ja, terms[name].en, chosen(*values))
    yield Group("exam-kinds", "検査の種類", "Kinds of examination", chosen(*METHODS))
    yield Group("sites", "脊椎の部位", "Sites of the spine", tuple(sites(terms)))
    yield Group("sides", "左右", "Sides", chosen(*SIDES))
    grades = chosen(*_FINDING_GRADES)
    yield Group("finding-grades", "所見の判定", "Grades of a finding", grades)
    yield Group("grades", "診断の判定", "Grades of a condition", chosen(*_GRADES))
    for condition, start in _CONDITIONS.items():
        codes = tuple(t for t in of("conclusion code") if t.name.startswith(start))
        named = terms["csf-leak-concl" if condition == "csf-leak" else "hypotens-concl"]
        yield Group(f"conclusions-{condition}", named.ja, named.en, codes)


def attributes(lesion: Term, terms: Terms) -> tuple[Term, ...]:
    """Return what can be said of a lesion beside its own state, its site and its side."""
    every = (t for t in terms.terms.values() if t.kind == "attribute" and t.name not in _REPORTED)
    return tuple(t for t in every if belongs(t, lesion))


def sites(terms: Terms) -> Iterator[Term]:
    """Yield the levels in the order of the spine, then all that has a name."""
    yield from (terms[level] for level in AXIS)
    yield from (t for t in terms.terms.values() if t.kind == "site" and t.name not in AXIS)
