"""The exams an SR speaks of: exam groups, studies, and what is said of a single exam.

Source: contract section 3 (exam kind, date, institution); DICOM PS3.3 A.35, C.17.2 (evidence).
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.model import METHODS, SAME_KIND, ExamRef, Issue, Study
from adapter.readers.dicom_sr import dates
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.readers.dicom_sr.parts import Parts, parts
from adapter.sr.content import Code, Item, Reference, SrDocument
from adapter.terms import Term
from adapter.terms.concepts import fits

REPORT_KINDS = {"spine-mri-report": "spinal-mri", "head-mri-report": "brain-mri"}
"""Report codes that tell an exam kind; the codes of MRI, CT and NM reports tell a modality only."""

_DOCUMENTS = "1.2.840.10008.5.1.4.1.1.88."  # SR classes: an input report is no exam


@dataclass(frozen=True, slots=True, kw_only=True)
class Exams:
    """The exam groups of a document, and what holds where none is named.

    ``kinds`` are told by procedure codes, ``study``, ``date`` and ``institution`` stand for a
    single exam, ``reported`` is the report's own date, ``own`` its study; ``where`` maps a SOP
    instance of the evidence to its study.
    """

    groups: dict[str, ExamRef] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    study: str | None = None
    date: str | None = None
    institution: str | None = None
    reported: str | None = None
    own: str | None = None
    where: dict[str, str] = field(default_factory=dict)

    def beside(self, term: Term) -> list[ExamRef]:
        """Return the exam groups that a fact of `term` could belong to."""
        return [group for group in self.groups.values() if group.kind and fits(term, group.kind)]

    def filled(self, term: Term, exam: ExamRef) -> ExamRef:
        """Return `exam` with what the document says of its only exam of that kind."""
        told = [kind for kind in self.kinds if fits(term, kind)]
        return ExamRef(
            kind=exam.kind or (told[0] if len(told) == 1 else None),
            group=exam.group,
            study=exam.study or self.study,
            date=exam.date or self.date,
            institution=exam.institution or self.institution,
        )


def exams(document: SrDocument, lookup: Lookup) -> Exams:
    """Return the exams of a document."""
    where = {ref.sop_instance: study for study, _, ref in document.evidence}
    header = document.header
    images = dict.fromkeys(
        study for study, _, ref in document.evidence if not ref.sop_class.startswith(_DOCUMENTS)
    )
    studied = dates.date(header.get("StudyDate", ""))
    own = header.get("StudyInstanceUID", "").strip() or None
    known = Exams(where=where)
    # Several studies as evidence and no group that says which: the report's own date is not theirs.
    single = len(images) <= 1
    return Exams(
        groups=dict(_groups(document.root, known, lookup)) if document.root else {},
        kinds=_told(document, lookup),
        study=(next(iter(images), own)) if single else None,
        date=studied if single else None,
        institution=header.get("InstitutionName", "").strip() or None if single else None,
        reported=studied or dates.date(header.get("ContentDate", "")),
        own=own,
        where=where,
    )


def _groups(item: Item, known: Exams, lookup: Lookup) -> Iterator[tuple[str, ExamRef]]:
    """Yield every exam group of the tree by its tracking UID."""
    if item.value_type == "CONTAINER":
        found = parts(item, lookup)
        exam, _ = group(item, found, known, lookup)
        if exam is not None:
            yield exam.group or "", exam
    for child in item.children:
        if child.children:
            yield from _groups(child, known, lookup)


def group(
    item: Item, found: Parts, known: Exams, lookup: Lookup
) -> tuple[ExamRef | None, list[Issue]]:
    """Return the exam that a container stands for, with what is odd about it; None if for none."""
    kinds = list(dict.fromkeys(match.term.name for _, match in found.kinds))
    named = lookup.named(item)
    if named in METHODS:
        kinds = [named]
    method = next(iter(methods(found, lookup)), None)
    if not kinds and method and not (found.findings or found.attributes or found.sites):
        kinds = [method] if found.uids or found.institutions else []
    if not kinds:
        return None, []
    issues = []
    if len(kinds) > 1:
        issues.append(
            lookup.issue(item, "not-used", f"the group names several exams: {', '.join(kinds)}")
        )
        return None, issues
    kind = kinds[0]
    if method and SAME_KIND.get(method) == kind:
        kind = method
    elif method and SAME_KIND.get(method, method) != SAME_KIND.get(kind, kind):
        issues.append(
            lookup.issue(
                item, "group-study-disagree", f"the group is of {kind}, its method {method}"
            )
        )
    return (
        ExamRef(
            kind=kind,
            group=next(iter(texts(found.uids)), None) or _uid(item, lookup),
            study=study_of(item, known),
            date=dates.instant(item.observed, lookup.zone),
            institution="; ".join(texts(found.institutions)) or None,
        ),
        issues,
    )


def _uid(item: Item, lookup: Lookup) -> str:
    """Return an identity for an exam group that states none: the same document, the same UID."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{lookup.instance}#{item.path}').int}"


def methods(found: Parts, lookup: Lookup) -> list[str]:
    """Return the exam kinds that Measurement Method names."""
    terms = [lookup.term(i.value) for i in found.methods if isinstance(i.value, Code)]
    return [term.name for term in terms if term is not None and term.name in METHODS]


def texts(items: list[Item]) -> list[str]:
    """Return the distinct words or UIDs of items, bare, in order."""
    values = (i.value.strip().removeprefix("urn:oid:") for i in items if isinstance(i.value, str))
    return list(dict.fromkeys(value for value in values if value))


def study_of(item: Item, known: Exams) -> str | None:
    """Return the one study that the images within `item` belong to; None for none or several."""
    if not known.where:
        return None
    found = {
        known.where[ref.sop_instance] for ref in references(item) if ref.sop_instance in known.where
    }
    return found.pop() if len(found) == 1 else None


def references(item: Item) -> Iterator[Reference]:
    """Yield the instances that `item` and everything within it refer to."""
    if isinstance(item.value, Reference):
        yield item.value
    for child in item.children:
        yield from references(child)


def _told(document: SrDocument, lookup: Lookup) -> tuple[str, ...]:
    """Return the exam kinds that procedure codes and the document title tell."""
    root = document.root
    reported = parts(root, lookup).procedures if root else []
    codes = [i.value for i in reported if isinstance(i.value, Code)]
    title = [root.name] if root and root.name else []
    terms = [lookup.term(code) for code in (*codes, *document.procedures, *title)]
    names = [REPORT_KINDS.get(term.name, term.name) for term in terms if term is not None]
    return tuple(dict.fromkeys(name for name in names if name in METHODS))


def studies(document: SrDocument, known: Exams) -> tuple[Study, ...]:
    """Return the studies a document names: its own first, then those of its evidence."""
    header = document.header
    own = header.get("StudyInstanceUID", "").strip()
    ids = dict.fromkeys([*([own] if own else []), *(study for study, _, _ in document.evidence)])
    return tuple(
        Study(
            id=study,
            date=dates.date(header.get("StudyDate", "")) if study == own else None,
            kinds=known.kinds if study == known.study else (),
            institution=header.get("InstitutionName", "").strip() or None if study == own else None,
            accession=header.get("AccessionNumber", "").strip() or None if study == own else None,
            instances=tuple(
                (ref.sop_class, ref.sop_instance, series)
                for at, series, ref in document.evidence
                if at == study
            ),
        )
        for study in ids
        if study
    )


def unknown_procedures(root: Item, lookup: Lookup) -> list[Issue]:
    """Return what could not be told of the procedures a document reports, as information."""
    codes = [i for i in parts(root, lookup).procedures if isinstance(i.value, Code)]
    return [
        lookup.issue(
            item,
            "not-mapped",
            f"Procedure reported {described(item.value)} tells no exam kind",
            "information",
        )
        for item in codes
        if isinstance(item.value, Code) and lookup.term(item.value) is None
    ]
