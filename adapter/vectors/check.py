"""What a system made of a set of vectors, compared with what has to come out: ``vectors check``.

Where several vectors fail, the rules that all of them need and no passing one does are named: one
broken rule is found by its name. Source: the manifest of the set (`adapter.vectors.make`).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from adapter.errors import RefusedInput
from adapter.terms import Terms
from adapter.vectors.make import FORMAT, MANIFEST, VERSION
from adapter.vectors.results import Result, result

PASSED, FAILED, MISSING = "passed", "failed", "no result"
_NEAR = 0.8  # of the likeliest: what is this near is named beside it
FORMATS = ("sr", "fhir", "findings", "any")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One vector in one format: ``status``, and in ``text`` what differs.

    ``held`` are the rules whose grades came out as expected, ``pointed`` those whose did not;
    ``outright`` whether a grade itself differs, and not only what is still possible.
    """

    id: str
    title: str
    format: str
    status: str
    text: str = ""
    held: frozenset[str] = frozenset()
    pointed: frozenset[str] = frozenset()
    outright: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Every check, and the rules that the failures point at, the likeliest first."""

    checks: tuple[Check, ...]
    suspects: tuple[str, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """Return the checks that did not pass."""
        return tuple(c for c in self.checks if c.status != PASSED)


Answer = Callable[[Mapping[str, Any], str], bytes | None]
"""From a vector's row in the manifest and a format to what the system answers; None for nothing."""


def manifest(folder: Path) -> Mapping[str, Any]:
    """Return the manifest of a set.

    Raises
    ------
    RefusedInput
        There is none, or it is of another version.
    """
    path = folder / MANIFEST
    try:
        found: Mapping[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        what = "no manifest of vectors: `csfleak vectors make -o DIR` writes a set"
        raise RefusedInput(what, str(path)) from error
    if (
        not isinstance(found, dict)
        or found.get("format") != FORMAT
        or str(found.get("version")) != VERSION
    ):
        raise RefusedInput(f"is no set of vectors of version {VERSION}", str(path))
    return found


def check(
    rows: Iterable[Mapping[str, Any]], answer: Answer, formats: Iterable[str], terms: Terms
) -> Report:
    """Return the report on a system that `answer` asks."""
    wanted = tuple(formats)
    checks = [
        _checked(row, format, answer(row, format), terms)
        for row in rows
        for format in row["inputs"]
        if format in wanted or format == "any"
    ]
    return Report(tuple(checks), suspects(checks))


def _checked(row: Mapping[str, Any], format: str, data: bytes | None, terms: Terms) -> Check:
    found = result(data, terms) if data else None
    expected = row["expected"]
    status, text = _compared(expected, found)
    held, pointed, outright = frozenset(expected.get("rules", ())), frozenset[str](), False
    if status != PASSED:
        held, pointed, outright = _rules(expected, found)
    return Check(
        id=row["id"],
        title=row["title"],
        format=format,
        status=status,
        text=text,
        held=held,
        pointed=pointed,
        outright=outright,
    )


def _compared(expected: Mapping[str, Any], found: Result | None) -> tuple[str, str]:
    if expected.get("refused"):
        text = "" if found is None else "a conclusion was given for an input that gives none"
        return (FAILED if text else PASSED), text
    if found is None:
        return MISSING, "no conclusion was given"
    differences = [
        f"{condition} {which}: {wanted} expected, {given} given"
        for condition, grades in expected["conclusions"].items()
        for which, wanted, given in _pairs(grades, found.conclusions.get(condition))
        if given is not None and given != wanted
    ]
    differences += [
        f"{f['concept']}: {f['established']} (possible {f['possible']}) expected and not given"
        for f in _lost(expected, found)
    ]
    return (FAILED if differences else PASSED), "; ".join(differences)


def _lost(expected: Mapping[str, Any], found: Result) -> list[Mapping[str, Any]]:
    """Return the expected findings that the answer does not have, where it lists findings."""
    if found.findings is None:
        return []
    given = Counter(found.findings)
    lost = []
    for finding in expected.get("findings", ()):
        key = (finding["concept"], finding["established"], finding["possible"])
        given[key] -= 1
        if given[key] < 0:
            lost.append(finding)
    return lost


def _rules(
    expected: Mapping[str, Any], found: Result | None
) -> tuple[frozenset[str], frozenset[str], bool]:
    """Return the rules of a failure that held, those it points at, and whether a grade differs."""
    lost = _lost(expected, found) if found is not None else []
    given = Counter((concept, grade) for concept, grade, _ in (found and found.findings) or ())
    outright = [f for f in lost if not given[f["concept"], f["established"]]]
    pointed = _of(outright or lost)
    if not pointed:
        return frozenset(), frozenset(expected.get("rules", ())), True
    return _of(f for f in expected["findings"] if f not in lost), pointed, bool(outright)


def _of(findings: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(rule for finding in findings for rule in finding["rules"])


def _pairs(
    wanted: Mapping[str, str], given: tuple[str, str | None] | None
) -> Iterable[tuple[str, str, str | None]]:
    # A report may leave a condition out of which nothing was given (contract section 2).
    if given is None:
        nothing = wanted["established"] == "not-assessable"
        return [] if nothing else [("established", wanted["established"], "nothing")]
    return [
        ("established", wanted["established"], given[0]),
        ("possible", wanted["possible"], given[1]),
    ]


def suspects(checks: Iterable[Check]) -> tuple[str, ...]:
    """Return the rules that the failures point at, the likeliest first; none without a failure.

    A rule's likelihood is Ochiai's: how many of the failures point at it, against how often it
    held all the same. An answer that lists its findings points at the rules that decide them.
    """
    every = list(checks)
    failed = [c for c in every if c.status == FAILED]
    pointed = [c.pointed for c in failed if c.outright] or [c.pointed for c in failed]
    held = [c.held for c in every]
    likely: dict[str, float] = {}
    for rule in {rule for rules in pointed for rule in rules}:
        failing = sum(rule in rules for rules in pointed)
        holding = failing + sum(rule in rules for rules in held)
        likely[rule] = failing / sqrt(len(pointed) * holding)
    best = max(likely.values(), default=0)
    named = [rule for rule, value in likely.items() if value >= _NEAR * best]
    return tuple(sorted(named, key=lambda rule: (-likely[rule], rule)))
