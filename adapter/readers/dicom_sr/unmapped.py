"""Content items that no term stands for to evidence that is kept as it came.

Structure and context (language, observer, image library) are none. A person's name is not carried,
nor what is said of another subject or of an earlier time: that is told.
Source: contract section 4 ("not mapped"); DICOM PS3.3 C.17.3, C.18.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapter.model import Issue, Unmapped
from adapter.readers.dicom_sr import dates
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.readers.dicom_sr.context import Context
from adapter.readers.dicom_sr.exams import Exams
from adapter.readers.dicom_sr.kept import value_of
from adapter.sr.content import Item


def unmapped(
    items: Iterable[Item], context: Context, exams: Exams, group: str | None, lookup: Lookup
) -> Iterator[Unmapped | Issue]:
    """Yield what items say that are not mapped, and an issue for what is not carried.

    Parameters
    ----------
    items : iterable of Item
        Of one scope.
    context : Context
        What holds for them by inheritance.
    exams : Exams
        For the study and date of a single exam.
    group : str or None
        The tracking UID of the group they stand in.
    lookup : Lookup
        The document's terms.
    """
    for item in items:
        why = _not_carried(item, context, lookup)
        if why:
            what = f"{described(item.name)} is not carried: {why}"
            yield lookup.issue(item, "not-carried", what, "information")
            continue
        found = value_of(item, lookup)
        if found is None:
            continue
        exam = context.exam
        if exam.group is None:
            exam = replace(
                exam,
                study=exam.study or exams.study,
                date=exam.date or exams.date,
                institution=exam.institution or exams.institution,
            )
        observed = dates.instant(item.observed, lookup.zone) if item.observed.strip() else None
        yield replace(found, exam=exam, group=group, observed=observed or context.date)


def _not_carried(item: Item, context: Context, lookup: Lookup) -> str:
    if item.value_type == "PNAME":
        return "it is a person's name"
    if context.stranger:
        return context.stranger
    if lookup.named(item) == "not-current":
        return "it is none of today's findings"
    if context.heading:
        return f"it stands under {context.heading!r}, not among today's findings"
    return ""
