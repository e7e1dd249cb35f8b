"""Case files to statements: one table of a TOML file is one patient that a clinician can read.

A case says what was documented (``lesions``, ``facts``, ``exams``, ``pressures`` …) and what is to
come out; ``README.md`` beside the files lists the keys. What a case does not name is not
documented.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.model import (
    Document,
    ExamRef,
    Input,
    Quantity,
    Source,
    State,
    Statement,
    Study,
)
from adapter.terms import Terms

Case = Mapping[str, Any]

DATE = "2026-03-02"
LESIONS = ("epi-fluid", "float-dural-sac", "ri-epidural", "ctm-epidural")
VALUED = ("ri-pattern", "posture")
PLACE = ("exam", "kind", "group", "study", "date", "institution")
_OF_LESION = ("site", "side", "uid", "same-site")
_OF_FACT = ("state", "mm", "text")


def root() -> Path:
    """Return the folder of the case files: in the wheel, else among the tests."""
    package = Path(__file__).parents[1]
    packaged = package / "_vectors"
    return packaged if packaged.is_dir() else package.parent / "tests" / "cases"


def every(folder: Path | None = None) -> Iterator[tuple[str, int, Case]]:
    """Yield the file, the number in it, and the case itself, in order."""
    for path in sorted((folder or root()).glob("*.toml")):
        with path.open("rb") as file:
            for number, case in enumerate(tomllib.load(file)["case"], 1):
                yield path.stem, number, case


def document(case: Case, terms: Terms, name: str = "case") -> Document:
    """Return what a case says, as one input."""
    studies = tuple(
        Study(id=s["id"], kinds=tuple(s["kinds"]), date=s.get("date"))
        for s in case.get("studies", [])
    )
    return Document(
        input=Input(name=name, digest=name, format="findings"),
        statements=tuple(statements(case, terms)),
        studies=studies,
    )


def statements(case: Case, terms: Terms) -> list[Statement]:
    """Return every statement that a case makes."""
    found = [s for entry in case.get("lesions", []) for s in _lesion(entry, terms)]
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


def _exam(entry: Case) -> ExamRef:
    return ExamRef(
        kind=entry.get("exam", entry.get("kind")),
        group=entry.get("group"),
        study=entry.get("study"),
        date=_date(entry),
        institution=entry.get("institution"),
    )


def _date(entry: Case) -> str | None:
    return entry.get("date", DATE) or None


def _lesion(entry: Case, terms: Terms) -> Iterator[Statement]:
    concepts = [c for c in LESIONS if c in entry]
    if not concepts:
        raise ValueError(f"no lesion concept in {dict(entry)}")
    parts = tuple(
        part
        for name, said in entry.items()
        if name not in (*PLACE, *_OF_LESION, *LESIONS)
        for part in _attributes(name, said)
    )
    for concept in concepts:
        yield replace(
            _stated(concept, entry[concept]),
            site=terms.read_site(entry["site"]) if entry.get("site") else None,
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
        return [replace(_stated(name, "present"), quantity=length)]
    word = str(said)
    if name in VALUED and word not in ("indeterminate", "not-assessed"):
        return [replace(_stated(name, "present"), value=word)]
    return [_stated(name, word)]


def _stated(concept: str, said: str) -> Statement:
    word, _, reason = said.partition(":")
    source = Source(document="case", path=concept)
    return Statement(concept=concept, state=State(word), reason=reason or None, source=source)


def _facts(concept: str, said: object, place: Case) -> list[Statement]:
    if isinstance(said, list):
        return [s for one in said for s in _facts(concept, one, place)]
    entry = said if isinstance(said, Mapping) else {"state": said}
    return [_fact(concept, {**place, **entry})]


def _fact(concept: str, entry: Case) -> Statement:
    parts = tuple(
        part
        for name, said in entry.items()
        if name not in (*PLACE, *_OF_FACT)
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


def _pressure(entry: Case) -> Statement:
    value = entry.get("value")
    unit, sign = entry.get("unit", "mm[H2O]"), entry.get("comparator", "")
    return replace(
        _stated("csf-pressure", entry.get("state", "present")),
        quantity=None if value is None else Quantity(value=value, unit=unit, comparator=sign),
        date=_date(entry),
        parts=tuple(_attributes("posture", entry["posture"])) if entry.get("posture") else (),
    )
