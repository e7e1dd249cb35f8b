"""Findings JSON to a Document: the model as a format, and what a clinician writes by hand.

Short forms are read as well as full ones: a state as a word (``"absent"``, ``"なし"``) or as a
boolean, a site as text, one statement for a list of one. What cannot be read is told, not guessed.
Written by `adapter.writers.findings`. Schema: ``adapter/schemas/findings-1.json``.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from adapter.errors import LimitExceeded, RefusedInput
from adapter.model import (
    KINDS,
    METHODS,
    SAME_KIND,
    Document,
    ExamRef,
    Input,
    Issue,
    Name,
    Patient,
    Source,
    Statement,
    Study,
)
from adapter.readers.findings_statements import (
    Reading,
    date,
    objects,
    statement,
    strings,
    tell,
    word,
)
from adapter.readers.findings_unmapped import unmapped
from adapter.readers.options import ReadOptions
from adapter.terms import Terms
from adapter.terms.concepts import LACKING, NOT_WHOLE

FORMAT = "csfleak-findings"
VERSION = "1"

_MARK = re.compile(rb'"format"\s*:\s*"csfleak-findings"')
_SURROGATE = re.compile("[\ud800-\udfff]")
_KNOWN = frozenset(
    {
        *("$schema", "format", "version", "id", "date", "preliminary", "patient", "inputs"),
        *("studies", "exams", "facts", "pressures", "punctures", "patches"),
        *("issues", "narrative", "incomplete", "unmapped"),
    }
)
_EXAM = frozenset(
    {
        *("kind", "method", "date", "dates", "institution", "institutions", "study", "studies"),
        *("group", "groups", "reference", "lesions", "facts"),
    }
)
_AGAIN = ("contradiction", "own-exam", "group-kind", "differs-between-dates", "same-site-unknown")
"""Issues that merging tells again."""
_LISTS = (
    ("pressures", "csf-pressure"),
    ("punctures", "lumbar-puncture"),
    ("patches", "blood-patch"),
)


def sniff(data: bytes) -> bool:
    """Return whether `data` says that it is findings JSON."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and bool(_MARK.search(data))


def read(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what findings JSON says.

    Parameters
    ----------
    data : bytes
        UTF-8, with or without a byte order mark. Numbers keep the digits they are written with.
    name : str
        The input's name, for sources and issues.

    Raises
    ------
    RefusedInput
        No JSON object, another format, or another major version.
    LimitExceeded
        Larger or deeper than the options allow.
    """
    reading = Reading(name, terms, [])
    table = _load(data, reading, options)
    for key in sorted(set(table) - _KNOWN):
        tell(reading, "not-used", f"{key} is no element of the format", key)
    if table.get("preliminary") is True:
        tell(reading, "preliminary", "the findings are marked preliminary", "preliminary")
    statements = (*_exams(table, reading), *_patient_facts(table, reading))
    narrative = bool(table.get("narrative")) and not statements
    return Document(
        input=Input(
            name=name,
            digest=hashlib.sha256(data).hexdigest(),
            format="findings",
            id=word(table.get("id")),
            date=date(table.get("date"), "date", reading),
            preliminary=table.get("preliminary") is True,
        ),
        patient=_patient(table.get("patient"), reading),
        statements=statements,
        studies=tuple(_studies(table, reading)),
        issues=(*_issues(table, reading), *_lacking(table, reading), *reading.issues),
        narrative=narrative,
        made_from=tuple(_inputs(table, reading)),
        unmapped=tuple(unmapped(table.get("unmapped"), reading)),
    )


def _load(data: bytes, reading: Reading, options: ReadOptions) -> dict[str, Any]:
    if len(data) > options.max_bytes:
        raise LimitExceeded(f"larger than {options.max_bytes} bytes", reading.document)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        counted = Counter(key for key, _ in found)
        for key in sorted(k for k, n in counted.items() if n > 1):
            # Reading: of two values under one key neither can be trusted; both are left aside.
            tell(reading, "duplicate-key", f"{key} stands twice in one object; neither is used", "")
        return {key: value for key, value in found if counted[key] == 1}

    try:
        table = json.loads(
            data.decode("utf-8-sig"),
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=pairs,
        )
    except RecursionError as error:
        raise LimitExceeded("nested too deep", reading.document) from error
    except UnicodeDecodeError as error:
        raise RefusedInput("not UTF-8; save it as UTF-8", reading.document) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RefusedInput(f"not JSON ({error.msg}, {where})", reading.document) from error
    if b"\\u" in data and _SURROGATE.search(json.dumps(table, ensure_ascii=False)):
        raise RefusedInput("half a character (a lone surrogate) in a text", reading.document)
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise RefusedInput(f'no findings JSON: "format" is not "{FORMAT}"', reading.document)
    if str(table.get("version", VERSION)).partition(".")[0] != VERSION:
        raise RefusedInput(f"another version of the format; this reads {VERSION}", reading.document)
    if _depth(table) > options.max_depth:
        raise LimitExceeded(f"nested deeper than {options.max_depth}", reading.document)
    return table


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, children), default=0)


def _exams(table: dict[str, Any], reading: Reading) -> Iterator[Statement]:
    rows = list(objects(table.get("exams"), "exams", reading))
    kinds = Counter(_kind(row) for row, _ in rows)
    for row, path in rows:
        kind = _kind(row)
        if kind not in KINDS:
            tell(reading, "not-mapped", "kind is no exam kind; the exam is not used", path)
            continue
        for key in sorted(set(row) - _EXAM):
            tell(reading, "not-used", f"{key} is no element of an exam", f"{path}.{key}")
        # Exams of one kind in one file are as many exams, with or without a date.
        own = f"{reading.document}#{path}" if kinds[kind] > 1 else None
        exam = _reference(row, path, own, reading)
        for lesion, where in objects(row.get("lesions"), f"{path}.lesions", reading):
            concept = word(lesion.get("concept"))
            yield from _one(concept, lesion, where, exam, ("lesion",), reading)
        yield from _facts(row.get("facts"), f"{path}.facts", exam, ("exam",), reading)


def _kind(row: dict[str, Any]) -> str:
    kind = word(row.get("kind"))
    return SAME_KIND.get(kind, kind)


def _reference(row: dict[str, Any], path: str, own: str | None, reading: Reading) -> ExamRef:
    """Return what the statements of an exam say of it, unless one says otherwise."""
    told = row.get("reference")
    if isinstance(told, dict):
        return ExamRef(**{f.name: word(told.get(f.name)) or None for f in fields(ExamRef)})
    method = word(row.get("method")) or word(row.get("kind"))
    return ExamRef(
        kind=method if method in METHODS else _kind(row),
        group=word(row.get("group")) or own,
        study=word(row.get("study")) or None,
        date=date(row.get("date"), f"{path}.date", reading),
        institution=word(row.get("institution")) or None,
    )


def _patient_facts(table: dict[str, Any], reading: Reading) -> Iterator[Statement]:
    yield from _facts(table.get("facts"), "facts", ExamRef(), ("patient",), reading)
    for key, concept in _LISTS:
        for row, path in objects(table.get(key), key, reading):
            said = row if "state" in row or "value" in row else {"state": "present", **row}
            yield from _one(concept, said, path, ExamRef(), ("patient",), reading)


def _facts(
    value: Any, path: str, exam: ExamRef, kinds: tuple[str, ...], reading: Reading
) -> Iterator[Statement]:
    for concept, said in value.items() if isinstance(value, dict) else ():
        several = said if isinstance(said, list) else [said]
        for index, one in enumerate(several):
            where = f"{path}.{concept}" + (f"[{index}]" if len(several) > 1 else "")
            yield from _one(concept, one, where, exam, kinds, reading)


def _one(
    concept: str, said: Any, path: str, exam: ExamRef, kinds: tuple[str, ...], reading: Reading
) -> Iterator[Statement]:
    term = reading.terms.terms.get(concept)
    if term is None or term.kind not in kinds:
        tell(reading, "not-mapped", f"{concept or 'concept'} is no {kinds[0]} concept", path)
        return
    yield statement(concept, said, path, exam, Source(document=reading.document), reading)


def _patient(value: Any, reading: Reading) -> Patient:
    row = value if isinstance(value, dict) else {}
    identifiers = objects(row.get("identifiers"), "patient.identifiers", reading)
    names = objects(row.get("names"), "patient.names", reading)
    return Patient(
        identifiers=tuple((word(r.get("value")), word(r.get("issuer"))) for r, _ in identifiers),
        names=tuple(Name(**{f.name: word(r.get(f.name)) for f in fields(Name)}) for r, _ in names),
        birth_date=date(row.get("birth-date"), "patient.birth-date", reading) or "",
        sex=word(row.get("sex")),
    )


def _studies(table: dict[str, Any], reading: Reading) -> Iterator[Study]:
    for row, path in objects(table.get("studies"), "studies", reading):
        instances = row.get("instances")
        yield Study(
            id=word(row.get("id")),
            date=date(row.get("date"), f"{path}.date", reading),
            kinds=tuple(_kinds(row, path, reading)),
            modalities=strings(row.get("modalities")),
            institution=word(row.get("institution")) or None,
            accession=word(row.get("accession")) or None,
            instances=tuple(
                (triple[0], triple[1], triple[2])
                for triple in map(strings, instances if isinstance(instances, list) else ())
                if len(triple) == 3
            ),
        )


def _kinds(row: dict[str, Any], path: str, reading: Reading) -> Iterator[str]:
    for kind in strings(row.get("kinds")):
        if kind in METHODS:
            yield kind
        else:
            tell(reading, "not-mapped", "a kind of the study is no examination", f"{path}.kinds")


def _inputs(table: dict[str, Any], reading: Reading) -> Iterator[Input]:
    """Yield the inputs that the findings were made from; a refused one keeps a case incomplete."""
    for row, _ in objects(table.get("inputs"), "inputs", reading):
        texts = {
            f.name: word(row.get(f.name.replace("_", "-")))
            for f in fields(Input)
            if f.name not in ("date", "replaces", "preliminary")
        }
        yield Input(
            **(texts | {"status": texts["status"] or "used"}),
            date=word(row.get("date")) or None,
            replaces=strings(row.get("replaces")),
            preliminary=row.get("preliminary") is True,
        )


def _lacking(table: dict[str, Any], reading: Reading) -> Iterator[Issue]:
    """Yield that the findings say they are incomplete, where no input or issue of theirs does."""
    rows = (*objects(table.get("inputs"), "inputs", reading),
            *objects(table.get("issues"), "issues", reading))  # fmt: skip
    told = any(row.get("status") == "refused" or row.get("severity") == "error" for row, _ in rows)
    if table.get("incomplete") is True and not told:
        code = LACKING["incomplete"]
        yield Issue(severity="error", code=code, diagnostics=NOT_WHOLE, document=reading.document,
                    expression="incomplete")  # fmt: skip


def _issues(table: dict[str, Any], reading: Reading) -> Iterator[Issue]:
    """Yield what was told of the inputs that the findings were made from."""
    for row, _ in objects(table.get("issues"), "issues", reading):
        if row.get("code") not in _AGAIN:
            yield Issue(**{f.name: word(row.get(f.name)) for f in fields(Issue)})
