"""Case files (``tests/cases/*.toml``) to statements, and what grading gives to the same words.

A case says what was documented (``lesions``, ``facts``, ``exams``, ``pressures`` …) and what is to
come out; ``tests/cases/README.md`` lists the keys. What a case does not name is not documented.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from adapter import sites
from adapter.criteria import grade, policy
from adapter.merge import merge
from adapter.model import (
    Conclusion,
    ExamRef,
    Finding,
    Graded,
    Missing,
    Quantity,
    Source,
    State,
    Statement,
    Step,
    Study,
    Used,
)
from tests.building import DATE, TERMS, attribute, document, pressure

FOLDER = Path(__file__).parent / "cases"
LESIONS = ("epi-fluid", "float-dural-sac", "ri-epidural", "ctm-epidural")
PLACE = ("exam", "kind", "group", "study", "date", "institution")
OF_LESION = ("site", "side", "uid", "same-site")
OF_FACT = ("state", "mm", "text")


def all_cases() -> Iterator[tuple[str, dict]]:
    """Yield (file name, case) of every case file, in order."""
    for path in sorted(FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            for case in tomllib.load(file)["case"]:
                yield path.stem, case


def run(case: Mapping) -> Graded:
    """Return the graded case that the statements of a case file's entry make."""
    studies = tuple(
        Study(id=s["id"], kinds=tuple(s["kinds"]), date=s.get("date"))
        for s in case.get("studies", [])
    )
    merged = merge([document(*statements(case), studies=studies)], TERMS)
    return grade(merged, policy(case.get("policy")))


def statements(case: Mapping) -> list[Statement]:
    """Return every statement that a case makes."""
    found = [s for entry in case.get("lesions", []) for s in _lesion(entry)]
    for concept, said in case.get("facts", {}).items():
        found += _facts(concept, said, {})
    for exam in case.get("exams", []):
        place = {key: exam[key] for key in PLACE if key in exam}
        for concept, said in exam.items():
            if concept not in PLACE:
                found += _facts(concept, said, place)
    found += [_pressure(entry) for entry in case.get("pressures", [])]
    for concept, key in (("lumbar-puncture", "punctures"), ("blood-patch", "patches")):
        found += [_fact(concept, {"state": "present", "date": d}) for d in case.get(key, [])]
    return found


def _exam(entry: Mapping) -> ExamRef:
    return ExamRef(
        kind=entry.get("exam", entry.get("kind")),
        group=entry.get("group"),
        study=entry.get("study"),
        date=_date(entry),
        institution=entry.get("institution"),
    )


def _date(entry: Mapping) -> str | None:
    return entry.get("date", DATE) or None


def _lesion(entry: Mapping) -> Iterator[Statement]:
    concepts = [c for c in LESIONS if c in entry]
    assert concepts, f"no lesion concept in {entry}"
    parts = tuple(
        part
        for name, said in entry.items()
        if name not in (*PLACE, *OF_LESION, *LESIONS)
        for part in _attributes(name, said)
    )
    for concept in concepts:
        yield replace(
            _stated(concept, entry[concept]),
            site=TERMS.read_site(entry["site"]) if entry.get("site") else None,
            laterality=entry.get("side"),
            uid=entry.get("uid"),
            same_site=tuple(entry.get("same-site", ())),
            date=_date(entry),
            exam=_exam(entry),
            parts=parts,
        )


def _attributes(name: str, said: object) -> list[Statement]:
    """Return the statements of an attribute: a state, several, or a length in mm."""
    if isinstance(said, list):
        return [part for one in said for part in _attributes(name, one)]
    if isinstance(said, Mapping):
        unit, comparator = said.get("unit", "mm"), said.get("comparator", "")
        length = Quantity(value=said["value"], unit=unit, comparator=comparator)
        return [replace(attribute(name, "present"), quantity=length)]
    if name == "ri-pattern" and said in ("indeterminate", "not-assessed"):
        return [_stated(name, said)]
    return [attribute(name, str(said))]


def _stated(concept: str, said: str) -> Statement:
    word, _, reason = said.partition(":")
    source = Source(document="case", path=concept)
    return Statement(concept=concept, state=State(word), reason=reason or None, source=source)


def _facts(concept: str, said: object, place: Mapping) -> list[Statement]:
    if isinstance(said, list):
        return [s for one in said for s in _facts(concept, one, place)]
    entry = said if isinstance(said, Mapping) else {"state": said}
    return [_fact(concept, {**place, **entry})]


def _fact(concept: str, entry: Mapping) -> Statement:
    parts = tuple(
        part
        for name, said in entry.items()
        if name not in (*PLACE, *OF_FACT)
        for part in _attributes(name, said)
    )
    length = Quantity(value=entry["mm"], unit="mm") if "mm" in entry else None
    return replace(
        _stated(concept, entry.get("state", "present")),
        quantity=length,
        text=entry.get("text", ""),
        date=_date(entry),
        exam=_exam(entry),
        parts=parts,
    )


def _pressure(entry: Mapping) -> Statement:
    said = pressure(
        entry.get("value", ""),
        entry.get("posture"),
        entry.get("unit", "mm[H2O]"),
        entry.get("comparator", ""),
        _date(entry),
    )
    if "state" in entry:
        word, _, reason = entry["state"].partition(":")
        said = replace(said, state=State(word), reason=reason or None)
    return said if "value" in entry else replace(said, quantity=None)


# What comes out, in the words of the case files


def finding_line(graded: Graded, finding: Finding) -> str:
    """Return ``epi-fluid T2: suspected`` or ``epi-fluid T2: suspected, possible definite``."""
    place = ""
    subject = finding.subject
    if subject.exam is not None and subject.lesion is not None and subject.lesion >= 0:
        place = sites.label(graded.case.exams[subject.exam].lesions[subject.lesion].site)
    concept = f"{finding.concept} {place}".strip()
    established, possible = finding.established.value, finding.possible.value
    best = f", possible {possible}" if possible != established else ""
    return f"{concept}: {established}{best}"


def rests_on(graded: Graded, conclusion: Conclusion) -> list[str]:
    """Return the findings a conclusion rests on, as ``epi-fluid T2``, in order."""
    return [finding_line(graded, graded.findings[i]).split(":")[0] for i in conclusion.rests_on]


def missing_lines(missing: tuple[Missing, ...]) -> list[str]:
    """Return ``definite: enhancement absent + sas-continuity present`` for each entry."""
    return [
        f"{m.grade}: " + " + ".join(f"{n.concept} {n.wanted}" for n in m.needs) for m in missing
    ]


def steps(top: tuple[Step, ...]) -> Iterator[Step]:
    """Yield every step of a trail, those within steps too."""
    for step in top:
        yield step
        yield from steps(step.steps)


def of_condition(graded: Graded, condition: str) -> Conclusion:
    """Return the conclusion of a condition."""
    return next(c for c in graded.conclusions if c.condition == condition)


def rule_ids(graded: Graded) -> set[str]:
    """Return the ids of the rules in every trail of a graded case."""
    trails = [x.trail for x in (*graded.findings, *graded.conclusions)]
    return {s.rule for trail in trails for s in steps(trail)}


def uses(graded: Graded) -> set[str]:
    """Return the facts that all trails use: ``enhancement absent``, ``mimic-lymph as read``."""
    trails = [x.trail for x in (*graded.findings, *graded.conclusions)]
    return {_used_line(u) for trail in trails for s in steps(trail) for u in s.used}


def uses_of(conclusion: Conclusion) -> list[str]:
    """Return the facts that a conclusion's trail uses, in alphabetic order."""
    return sorted({_used_line(u) for s in steps(conclusion.trail) for u in s.used})


def _used_line(used: Used) -> str:
    fact = used.fact
    said = fact.value or (fact.state.value if fact.state else "not stated")
    return f"{fact.concept} {'as read' if used.as_read else said}"


def text_open(conclusion: Conclusion) -> set[int]:
    """Return the numbers of open points that a conclusion's trail rests on."""
    return {number for s in steps(conclusion.trail) for number in s.text_open}


def cautions(graded: Graded) -> set[str]:
    """Return the codes of every caution, of findings and of conclusions."""
    return {n.code for x in (*graded.findings, *graded.conclusions) for n in x.cautions}
