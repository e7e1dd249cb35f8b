"""What a report and its parts are called through all their versions.

A server that is sent the next version finds the last one by these names: they hold neither policy
nor versions, mappings, language or grade, and a later exam changes none of them. All are hashed
before they are written: no output shows a patient's data by them. Source: FHIR R4, RESTful API,
"Conditional update"; `docs/report-life.md`.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

from adapter.errors import Usage
from adapter.model import Case, Exam, Lesion, Subject
from adapter.writers import ids
from adapter.writers.fhir.values import is_oid
from adapter.writers.options import WriteOptions

_LOCAL = "reference:"  # an issuer that means something in its own document only
_DAY = len("2026-03-02")


def report_name(case: Case, options: WriteOptions) -> str:
    """Return the UUID that names a case's report, the same in every version of it.

    The caller's own key holds where one is given. Else the patient and the earliest exam: its
    study, failing that its day where the patient's identifier has an issuer (a number without one,
    and a day, are shared by patients of two hospitals). Failing all, the inputs themselves: then
    another input makes another report. A profile's report is another resource than the base one:
    each server may hold both, and neither overwrites the other. A report that is to be replaced
    hands its name on.

    Raises
    ------
    Usage
        Reports of two names are to be replaced, or one that the caller's key does not name.
    """
    key = "\x1f".join((options.profile, *_named(case, options)))
    name = ids.uuid5(key, "DiagnosticReport")
    old = {p.name: p.input.name for p in options.previous if p.name}
    if len(old) > 1:
        raise Usage(f"--replaces names two reports: {', '.join(old.values())}")
    if options.report_id and old and name not in old:
        raise Usage("is no report of this --report-id: give one of the two", *old.values())
    return next(iter(old), name)


def _named(case: Case, options: WriteOptions) -> tuple[str, ...]:
    if options.report_id:
        return "key", options.report_id
    day, study = _earliest(case)
    issuers = dict(options.settings.get("issuers", ()))
    known = sorted(_identifiers(case, issuers))
    if study:
        return "study", known[0][0] if known else "", study
    issued = [pair for pair in known if pair[1]]
    if day and issued:
        return "day", *issued[0], day
    return "inputs", *sorted(i.digest for i in case.inputs if i.status == "used")


def _identifiers(case: Case, issuers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for value, issuer in case.patient.identifiers:
        if value.strip() and not issuer.startswith(_LOCAL):
            yield _folded(value), _folded(issuers.get(issuer, issuer))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().removeprefix("urn:oid:")


def _earliest(case: Case) -> tuple[str, str]:
    """Return day and Study Instance UID of the earliest exam, each empty where unknown.

    The first in time is kept when a later one is added; of one day the one whose UID sorts first.
    An exam whose findings were withdrawn still names the report that they are withdrawn from.
    """
    dates = {s.id: s.date for s in case.studies if s.date}
    found = [(_day(exam, dates), _study(exam, dates)) for exam in case.exams]
    gone = (Exam(kind="", method="", studies=(e.study or "",), dates=(e.date or "",))
            for e in case.withdrawn)  # fmt: skip
    found += [one for exam in gone if any(one := (_day(exam, dates), _study(exam, dates)))]
    if not found:
        found = [((s.date or "")[:_DAY], s.id) for s in case.studies if is_oid(s.id)]
    said = [*case.pressures, *case.punctures, *case.patches]
    found = found or [((s.date or "")[:_DAY], "") for s in said]
    return min(found, key=lambda one: (not one[0], one[0], not one[1], one[1]), default=("", ""))


def _day(exam: Exam, dates: Mapping[str, str]) -> str:
    known = [*exam.dates, *(dates[s] for s in exam.studies if s in dates)]
    return min((d[:_DAY] for d in known), default="")


def _study(exam: Exam, dates: Mapping[str, str]) -> str:
    known = [s for s in exam.studies if is_oid(s)]
    return min(known, key=lambda s: (dates.get(s, "9")[:_DAY], s), default="")


def subjects(case: Case) -> dict[Subject, str]:
    """Return a name of every exam and lesion of a case: no two share one.

    An exam is named by its kind and study, else its group, else its day; a lesion by its tracking
    UID, else by concept, site and side. Where two come to the same name they are counted.
    """
    names: dict[Subject, str] = {Subject(): "patient"}
    used: Counter[str] = Counter()
    for index, exam in enumerate(case.exams):
        own = _counted(used, "exam", exam.kind, _exam(exam))
        names[Subject(index)] = own
        names[Subject(index, -1)] = f"{own}\x1funstated"
        for number, lesion in enumerate(exam.lesions):
            names[Subject(index, number)] = _counted(used, own, *_lesion(lesion))
    return names


def _exam(exam: Exam) -> str:
    for names in (exam.studies, exam.groups):
        known = [name for name in names if is_oid(name)]
        if known:
            return min(known)
    return min(exam.dates)[:_DAY] if exam.dates else ""


def _lesion(lesion: Lesion) -> tuple[str, ...]:
    if lesion.uid:
        return "uid", lesion.uid
    site = lesion.site
    where = repr((site.levels, sorted(n.name for n in site.named), site.unreadable)) if site else ""
    return "site", *lesion.concepts, where, lesion.laterality or ""


def _counted(used: Counter[str], *parts: str) -> str:
    name = "\x1f".join(parts)
    used[name] += 1
    return name if used[name] == 1 else f"{name}\x1f{used[name]}"
