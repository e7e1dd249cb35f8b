"""The children of one content item, sorted by what they are for a reader of findings.

Source: contract sections 3 and 4; DICOM PS3.16 TID 1410, 1411, 1501, 2000.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.model import METHODS, Issue, State
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.readers.dicom_sr.dialects import PAIRS, named_by_value, pairs
from adapter.sr.content import Code, Item
from adapter.terms import Match
from adapter.terms.concepts import CONCLUSIONS, FINDINGS

FINDING_NAMES = frozenset({"finding", "finding-element", "findings-heading", "assertion"})
_VALUE_TYPES = frozenset({"CODE", "TEXT", "NUM", "DATE", "DATETIME", ""})
_NO_FINDINGS = frozenset({"TIME", "UIDREF", "PNAME"})
_SLOTS = {
    "finding-site": "sites",
    "laterality": "lateralities",
    "topographical-modifier": "topographies",
    "tracking-uid": "uids",
    "exam-ref": "exam_refs",
    "same-site": "same_sites",
    "institution": "institutions",
    "measurement-method": "methods",
    "procedure-reported": "procedures",
    "subject-class": "subject_classes",
    "subject-id": "subject_ids",
}

_HEADINGS = frozenset({"not-current", "other-heading"})

Named = tuple[Item, Match]


@dataclass(slots=True)
class Parts:
    """Children by role. ``findings`` pair an item with the concept its *value* names,
    ``evaluations`` and ``attributes`` with the concept its *name* is; ``rest`` holds items that
    may have findings further down.
    """

    findings: list[Named] = field(default_factory=list)
    evaluations: list[Named] = field(default_factory=list)
    attributes: list[Named] = field(default_factory=list)
    kinds: list[Named] = field(default_factory=list)
    sites: list[Item] = field(default_factory=list)
    lateralities: list[Item] = field(default_factory=list)
    topographies: list[Item] = field(default_factory=list)
    uids: list[Item] = field(default_factory=list)
    exam_refs: list[Item] = field(default_factory=list)
    same_sites: list[Item] = field(default_factory=list)
    institutions: list[Item] = field(default_factory=list)
    methods: list[Item] = field(default_factory=list)
    procedures: list[Item] = field(default_factory=list)
    subject_classes: list[Item] = field(default_factory=list)
    subject_ids: list[Item] = field(default_factory=list)
    modifiers: list[Item] = field(default_factory=list)  # unknown ones: they may change a meaning
    doubts: list[Item] = field(default_factory=list)  # unknown names with a state but "present"
    conclusions: list[Item] = field(default_factory=list)
    rest: list[Item] = field(default_factory=list)
    unmapped: list[Item] = field(default_factory=list)  # evidence, in no grade: also words
    issues: list[Issue] = field(default_factory=list)


def parts(item: Item, lookup: Lookup) -> Parts:
    """Return the children of `item` by role.

    A container inside a measurement group that is only structure belongs to the group.
    """
    known = lookup.sorted.get(item.path)
    if isinstance(known, Parts):
        return known
    found = lookup.sorted[item.path] = Parts()
    for child in _flat(item, lookup, grouped(item, lookup)):
        _sort(child, found, lookup)
    return found


def grouped(item: Item, lookup: Lookup) -> bool:
    """Return whether all that `item` holds is said of one tracked thing."""
    if item.value_type != "CONTAINER":
        return True  # children of a CODE, TEXT or NUM are said of it
    if item.template.strip() in ("1410", "1411", "1501"):
        return True
    term = lookup.term(item.name)
    return term is not None and (term.name == "measurement-group" or term.kind in FINDINGS)


def _flat(item: Item, lookup: Lookup, is_group: bool) -> Iterator[Item]:
    for child in item.children:
        if child.by_reference or child.relationship == "HAS ACQ CONTEXT":
            continue
        if child.value_type == "CONTAINER" and lookup.named(child) == "image-library":
            continue
        if is_group and child.value_type == "CONTAINER" and _only_structure(child, lookup):
            yield from _flat(child, lookup, is_group)
        else:
            yield child


def _only_structure(container: Item, lookup: Lookup) -> bool:
    term = lookup.term(container.name)
    known = container.name is None or (term is not None and term.kind == "structure")
    if not known or (term is not None and term.name in ("measurement-group", "not-current")):
        return False
    names = {lookup.named(child) for child in container.children}
    return not names & {"tracking-uid", "finding"}


def _sort(item: Item, found: Parts, lookup: Lookup) -> None:
    """Put one child into its slot of `found`."""
    match = lookup.match(item.name)
    if item.value_type == "CONTAINER":
        found.rest.append(item)
        if match is None and item.name is not None:
            found.issues.append(lookup.not_mapped(item, item.name, "information"))
        return
    if match is None:
        by_value = named_by_value(item, lookup)
        if by_value is not None:
            found.findings.append((item, by_value))
        else:
            _unknown(item, found, lookup)
        return
    name, kind = match.term.name, match.term.kind
    if kind in CONCLUSIONS:
        found.conclusions.append(item)
    elif name in _SLOTS:
        getattr(found, _SLOTS[name]).append(item)
    elif kind in FINDINGS:
        found.evaluations.append((item, match))
    elif kind == "attribute":
        found.attributes.append((item, match))
    elif name in FINDING_NAMES:
        _finding(item, found, lookup)
    elif name == PAIRS:
        for one in pairs(item, lookup):
            _sort(one, found, lookup)
    elif kind == "structure":
        found.rest.append(item)
        if name in _HEADINGS and item.value_type == "TEXT":
            found.unmapped.append(item)
    else:
        found.issues.append(
            lookup.issue(item, "not-used", f"{described(item.name)} names no finding")
        )


def _finding(item: Item, found: Parts, lookup: Lookup) -> None:
    """Put a finding that stands as a value: Finding = concept."""
    if not isinstance(item.value, Code):
        found.rest.append(item)  # words: narrative
        found.unmapped.append(item)
        return
    match = lookup.match(item.value)
    if match is None:
        found.issues.append(lookup.not_mapped(item, item.value))
        found.rest.append(item)
        found.unmapped.append(item)
    elif match.term.name in METHODS:
        found.kinds.append((item, match))
    elif match.term.kind in FINDINGS:
        found.findings.append((item, match))
    elif match.term.kind == "attribute":
        found.attributes.append((item, match))
    elif match.term.kind in CONCLUSIONS:
        found.conclusions.append(item)
    else:
        found.issues.append(
            lookup.issue(item, "not-used", f"{described(item.value)} is no finding")
        )


def _unknown(item: Item, found: Parts, lookup: Lookup) -> None:
    """Put a child whose name is not mapped: it could be a finding unless it is context."""
    found.rest.append(item)
    if item.relationship == "HAS OBS CONTEXT":
        return
    if item.value_type in _NO_FINDINGS:
        found.unmapped.append(item)
        if item.value_type != "PNAME":
            found.issues.append(lookup.not_mapped(item, item.name, "information"))
        return
    if item.value_type not in _VALUE_TYPES or (item.value_type == "" and item.name is None):
        return
    found.unmapped.append(item)
    found.issues.append(lookup.not_mapped(item, item.name))
    if item.relationship == "HAS CONCEPT MOD":
        found.modifiers.append(item)
    elif _state(item, lookup) not in (None, State.PRESENT):
        found.doubts.append(item)


def _state(item: Item, lookup: Lookup) -> State | None:
    if isinstance(item.value, Code):
        term = lookup.term(item.value)
    else:
        term = lookup.terms.state_word(item.value) if isinstance(item.value, str) else None
    return term.state if term else None
