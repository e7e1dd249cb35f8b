"""Case files, dialects and damaged inputs to test vectors: inputs with what has to come of them.

``vectors make`` writes each case as SR, FHIR and findings, and a manifest with the expected
conclusions. Identities and dates follow the seed; grades do not. Source: criteria sections 1 to 7.
"""

import datetime
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapter import __version__
from adapter.criteria import grade, policy
from adapter.merge import merge
from adapter.model import Document, ExamRef, Patient, Statement, Step, Study
from adapter.terms import Terms
from adapter.vectors import bad, cases
from adapter.writers import dicom_sr, fhir, findings
from adapter.writers.options import WriteOptions

FORMAT, VERSION = "csfleak-vectors", "1"
MANIFEST = "manifest.json"
EXPECTED = "expected.json"
SMALL, FULL = "small", "full"
_NAMESPACE = uuid.UUID("0b1d1a6e-5a7e-5b52-8f0e-6a1f2f1f9a10")
_YEAR = 365
_WHOLE = ("traps", "pressure", "same-site-corners")
"""Files of traps and boundaries, which every set holds whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """Inputs by format, and what has to come of them.

    ``rules`` are those in the trails of the expected conclusions and findings; ``findings`` have
    concept, both grades and the rules that decide them; ``refused`` whether
    nothing may come of it; ``policy`` what differs from the defaults.
    """

    id: str
    title: str
    inputs: Mapping[str, Mapping[str, bytes]]
    conclusions: Mapping[str, tuple[str, str]]
    rules: tuple[str, ...] = ()
    findings: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()
    policy: Mapping[str, Any] | None = None
    refused: bool = False


def vectors(terms: Terms, *, seed: int = 0, size: str = SMALL) -> Iterator[Vector]:
    """Yield the vectors of a set, in order.

    Parameters
    ----------
    seed : int
        Names the patients and studies, and shifts the dates of each case.
    size : {"small", "full"}
        Every trap and boundary, and a case for each rule, grade and policy; or all.
    """
    wanted = json.loads((cases.root() / EXPECTED).read_bytes())
    chosen = [row for row in cases.every() if _is_coded(row[2], terms)]
    if size == SMALL:
        chosen = _covering(chosen, wanted)
    for stem, number, case in chosen:
        id = name(stem, number)
        yield _of_case(id, case, wanted[id], terms, seed)
    yield from _dialects()
    yield from bad.vectors(Vector, terms, _options())


def _is_coded(case: cases.Case, terms: Terms) -> bool:
    """Return whether all values of a case are terms: what no code says, no format can carry."""
    said = cases.statements(case, terms)
    values = {s.value for one in said for s in (one, *one.parts) if s.value}
    return all(value in terms.terms for value in values)


def name(stem: str, number: int) -> str:
    """Return the id of a case's vector: its file and its place in it."""
    return f"{stem}-{number:02}"


def expected(terms: Terms) -> dict[str, Any]:
    """Return what this package makes of every case; ``expected.json`` holds it, once looked at."""
    found = {}
    for stem, number, case in cases.every():
        merged = merge([cases.document(case, terms)], terms)
        graded = grade(merged, policy(case.get("policy")))
        trails = [c.trail for c in graded.conclusions] + [f.trail for f in graded.findings]
        found[name(stem, number)] = {
            "conclusions": {c.condition: [c.established, c.possible] for c in graded.conclusions},
            "rules": sorted({rule for trail in trails for rule in _rules(trail)}),
            "findings": [
                [f.concept, f.established.value, f.possible.value, [s.rule for s in f.trail]]
                for f in graded.findings
            ],
        }
    return found


def _rules(trail: Iterable[Step]) -> Iterator[str]:
    for step in trail:
        yield step.rule
        yield from _rules(step.steps)


def _covering(
    every: list[tuple[str, int, cases.Case]], expectations: Mapping[str, Any]
) -> list[tuple[str, int, cases.Case]]:
    """Return all traps and boundaries, of the rest the first case for each rule and grade."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for stem, number, case in every:
        wanted = expectations[name(stem, number)]
        of: set[tuple[str, ...]] = {("rule", rule) for rule in wanted["rules"]}
        of |= {(c, *grades) for c, grades in wanted["conclusions"].items()}
        of |= {("policy", key, str(value)) for key, value in case.get("policy", {}).items()}
        if stem in _WHOLE or not of <= seen:
            kept.append((stem, number, case))
            seen |= of
    return kept


def _of_case(
    id: str, case: cases.Case, wanted: Mapping[str, Any], terms: Terms, seed: int
) -> Vector:
    document = seeded(cases.document(case, terms), id, seed)
    merged = merge([document], terms)
    options = _options()
    inputs = {
        "sr": {f"{id}.dcm": dicom_sr.write_findings(merged, terms, options)},
        "fhir": {f"{id}.json": fhir.write_findings(merged, terms, options)},
        "findings": {f"{id}.findings.json": findings.write(merged, terms, options)},
    }
    return Vector(
        id=id,
        title=case["name"],
        inputs=inputs,
        conclusions={c: (said[0], said[1]) for c, said in wanted["conclusions"].items()},
        rules=tuple(wanted["rules"]),
        findings=tuple((c, e, p, tuple(rules)) for c, e, p, rules in wanted["findings"]),
        policy=case.get("policy"),
    )


def _options() -> WriteOptions:
    return WriteOptions(now="2026-06-01T09:00:00+09:00")


def _dialects() -> Iterator[Vector]:
    """Yield the samples in the shipped dialects, as their senders send them."""
    for folder in sorted(p for p in _dialect_root().iterdir() if p.is_dir()):
        wanted = json.loads((folder / EXPECTED).read_bytes())["conclusions"]
        files = {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.name != EXPECTED}
        yield Vector(
            id=f"dialect-{folder.name}",
            title=f"as the sender of the dialect {folder.name} writes",
            inputs={"any": files},
            conclusions={c["condition"]: (c["established"], c["possible"]) for c in wanted},
            rules=tuple(sorted({rule for c in wanted for rule in c["rules"]})),
        )


def _dialect_root() -> Path:
    packaged = cases.root() / "dialects"
    return packaged if packaged.is_dir() else cases.root().parents[1] / "sample_data" / "dialects"


# What the seed changes


def seeded(document: Document, id: str, seed: int) -> Document:
    """Return a document with the names, UIDs and dates that a seed gives it."""
    shift = datetime.timedelta(days=uuid.uuid5(_NAMESPACE, f"{seed}|{id}").int % _YEAR)
    uids = {
        uid: f"2.25.{uuid.uuid5(_NAMESPACE, f'{seed}|{id}|{uid}').int}"
        for uid in _uids(document.statements)
    }

    def said(one: Statement) -> Statement:
        return replace(
            one,
            date=_shifted(one.date, shift),
            exam=_exam(one.exam, shift, uids),
            uid=uids.get(one.uid, one.uid) if one.uid else None,
            same_site=tuple(uids.get(uid, uid) for uid in one.same_site),
            parts=tuple(map(said, one.parts)),
        )

    return replace(
        document,
        patient=Patient(identifiers=((f"VECTOR-{seed}-{id}", "urn:oid:2.25.424242"),)),
        statements=tuple(map(said, document.statements)),
        studies=tuple(_study(one, shift, uids) for one in document.studies),
    )


def _uids(statements: Iterable[Statement]) -> set[str]:
    """Return every name of a lesion, group or study: all become UIDs."""
    found = {uid for s in statements for uid in (s.uid, s.exam.group, s.exam.study) if uid}
    return found | {uid for s in statements for uid in s.same_site}


def _exam(exam: ExamRef, shift: datetime.timedelta, uids: Mapping[str, str]) -> ExamRef:
    return replace(
        exam,
        date=_shifted(exam.date, shift),
        group=uids.get(exam.group, exam.group) if exam.group else None,
        study=uids.get(exam.study, exam.study) if exam.study else None,
    )


def _study(study: Study, shift: datetime.timedelta, uids: Mapping[str, str]) -> Study:
    return replace(study, id=uids.get(study.id, study.id), date=_shifted(study.date, shift))


def _shifted(date: str | None, by: datetime.timedelta) -> str | None:
    """Return a date of whole days moved; one that is less precise stays."""
    if date is None or len(date) < len("2026-03-02"):
        return date
    day = datetime.date.fromisoformat(date[:10]) + by
    return day.isoformat() + date[10:]


# The files of a set


def files(terms: Terms, *, seed: int = 0, size: str = SMALL) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each file of a set; the manifest comes last."""
    rows = []
    for vector in vectors(terms, seed=seed, size=size):
        inputs = {}
        for format, found in vector.inputs.items():
            paths = [f"{format}/{vector.id}/{file}" for file in found]
            yield from zip(paths, found.values(), strict=True)
            inputs[format] = paths
        rows.append(_row(vector, inputs))
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "software": __version__,
        "mappings": terms.digest,
        "seed": seed,
        "size": size,
        "vectors": rows,
    }
    yield MANIFEST, (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()


def _row(vector: Vector, inputs: Mapping[str, list[str]]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"refused": True}
    if not vector.refused:
        wanted = {
            "conclusions": {
                condition: {"established": established, "possible": possible}
                for condition, (established, possible) in vector.conclusions.items()
            },
            "rules": list(vector.rules),
            "findings": [
                {"concept": c, "established": e, "possible": p, "rules": list(rules)}
                for c, e, p, rules in vector.findings
            ],
        }
    return {
        "id": vector.id,
        "title": vector.title,
        "inputs": dict(inputs),
        **({"policy": dict(vector.policy)} if vector.policy else {}),
        "expected": wanted,
    }
