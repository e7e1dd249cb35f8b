"""The SR content tree to statements and issues, scope by scope.

Source: DICOM PS3.3 C.17.3; contract sections 3 and 4.
"""

from collections.abc import Iterator
from dataclasses import replace

from adapter.model import METHODS, Issue, State, Statement, Unmapped
from adapter.readers.dicom_sr.codes import Lookup
from adapter.readers.dicom_sr.context import Context, narrowed
from adapter.readers.dicom_sr.exams import Exams, texts
from adapter.readers.dicom_sr.groups import Draft, drafts, standing
from adapter.readers.dicom_sr.parts import FINDING_NAMES, grouped, parts
from adapter.readers.dicom_sr.statements import statements
from adapter.readers.dicom_sr.unmapped import unmapped
from adapter.sr.content import Code, Item
from adapter.terms.concepts import FINDINGS, LACKING, NOT_WHOLE

NARRATIVE = FINDING_NAMES | {"not-current", "other-heading"}
"""Names of items whose text is prose. An item whose name is not mapped counts too."""


def walk(
    item: Item, context: Context, exams: Exams, lookup: Lookup, owner: Draft | None = None
) -> Iterator[Statement | Issue | Unmapped]:
    """Yield what `item` and everything below it states, and what of it is not mapped.

    Parameters
    ----------
    item : Item
        A container, or a finding with children.
    context : Context
        What holds for it by inheritance.
    exams : Exams
        The document's exams.
    lookup : Lookup
        The document's terms.
    owner : Draft, optional
        The finding that `item` is; what stands below belongs to it first.
    """
    found = parts(item, lookup)
    context, issues = narrowed(context, item, found, exams, lookup)
    yield from issues
    if found.uids and not found.kinds and (found.unmapped or any(c.children for c in found.rest)):
        context = replace(context, group=next(iter(texts(found.uids)), None))
    if found.unmapped:
        yield from unmapped(found.unmapped, context, exams, context.group, lookup)
    is_exam = bool(found.kinds) or lookup.named(item) in METHODS
    is_group = grouped(item, lookup) and not is_exam
    made, issues = drafts(found, is_group, lookup, owner or _named(item, lookup))
    yield from issues
    for draft in made:
        # Its own state, or what else belongs to it, may stand in what is lost.
        if item.path in lookup.cut and (is_group or is_exam or draft.implied):
            text = f"{draft.term.name} is not used: the file ends within its group"
            yield lookup.issue(draft.item, "not-used", text)
            continue
        if draft.item.children and draft.item is not item:
            yield from walk(draft.item, context, exams, lookup, draft)
        else:
            yield from statements(draft, context, exams, lookup)
    for child in found.rest:
        if child.children:
            yield from walk(child, context, exams, lookup)
    for child, _ in found.kinds:
        if child.children:
            yield from walk(child, context, exams, lookup)


def _named(item: Item, lookup: Lookup) -> Draft | None:
    """Return the finding that a container is by its name; None where it is none."""
    match = lookup.match(item.name) if item.value_type == "CONTAINER" else None
    if match is None or match.term.kind not in FINDINGS or "." not in item.path:
        return None
    return standing(item, match)


def conclusions(item: Item, lookup: Lookup) -> int:
    """Return how many conclusions and grades of ours stand in the tree: they are no findings."""
    mine = len(parts(item, lookup).conclusions) if item.children else 0
    return mine + sum(conclusions(child, lookup) for child in item.children)


def lacking(item: Item, lookup: Lookup) -> Iterator[Issue]:
    """Yield again what a report of ours said of its own inputs: it is no better than they were."""
    said = parts(item, lookup).conclusions if item.children else []
    for one in said:
        code = LACKING.get(lookup.named(one))
        term = lookup.term(one.value) if isinstance(one.value, Code) else None
        if code and term is not None and term.state is State.PRESENT:
            yield lookup.issue(one, code, NOT_WHOLE, "error")
    for child in item.children:
        yield from lacking(child, lookup)


def has_narrative(item: Item, lookup: Lookup) -> bool:
    """Return whether the tree holds words for people; labels and context are none."""
    if item.value_type == "TEXT" and isinstance(item.value, str) and item.value.strip():
        named = lookup.named(item)
        if item.relationship != "HAS OBS CONTEXT" and (not named or named in NARRATIVE):
            return True
    return any(has_narrative(child, lookup) for child in item.children)
