"""Cases to outputs: read, grade, write, deliver, and one row of facts for the table of cases.

The second task of a worker. The outputs depend on the inputs and the setup alone: a case that is
made twice is made alike.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapter import pipeline
from adapter.batch.delivery import Delivery
from adapter.batch.indexing import Defect, Unread, defect
from adapter.batch.places import Place, fetch
from adapter.batch.setup import Setup
from adapter.errors import AdapterError, Environment, RefusedInput, Usage
from adapter.model import Case, Graded, Input
from adapter.store.cases import GRADED, NOTHING, REFUSED, Made
from adapter.writers import WRITERS

_OUTCOMES = {
    "used": "graded",
    "duplicate": "duplicate",
    "superseded": "superseded",
    "not-used": "nothing-for-us",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True)
class Member:
    """An input of a case. ``scope`` is the export that a line is of; empty for other inputs."""

    id: int
    name: str
    place: Place
    digest: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class ToMake:
    """A case that is to be made of its inputs."""

    stem: str
    made_of: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case, and of each of its inputs: number, outcome, reason."""

    made: Made
    outcomes: tuple[tuple[int, str, str], ...]
    usage: bool = False  # refused for what an option or a setting says, or does not say


class Changed(Exception):
    """An input is no longer what it was when it was indexed."""

    def __init__(self, id: int) -> None:
        self.id = id


def make(setup: Setup, chunk: Sequence[ToMake]) -> list[Result | Unread]:
    """Return what came of each case; the outputs of all of them are on the disk."""
    delivery = Delivery(setup.out, setup.unfinished)
    results = [_one(case, setup, delivery) for case in chunk]
    delivery.commit()
    return results


def _one(case: ToMake, setup: Setup, delivery: Delivery) -> Result | Unread:
    try:
        sources = _sources(case, setup)
    except Changed as error:
        return Unread(error.id, "it changed since the run began")
    except _Missing as error:
        return Unread(error.id, error.reason)
    try:
        return _graded(case, sources, setup, delivery)
    except (Environment, MemoryError, OSError):
        raise  # not the input's fault
    except AdapterError as error:
        return _refused(case, error)
    except Exception as error:  # a defect costs its case, and no other
        return _refused(case, defect(error))


class _Missing(Exception):
    def __init__(self, id: int, reason: str) -> None:
        self.id, self.reason = id, reason


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read as one document, the inputs it is made of, and those that say it once more."""

    name: str
    data: bytes
    ids: tuple[int, ...]
    twins: tuple[int, ...] = ()


def _sources(case: ToMake, setup: Setup) -> list[_Read]:
    """Return what is to be read: each input, and the lines of each export as one document."""
    found: list[_Read] = []
    exports: dict[str, list[tuple[int, bytes]]] = {}
    for member in case.members:
        data = _bytes(member, setup)
        if member.scope:
            exports.setdefault(member.scope, []).append((member.id, data.strip() + b"\n"))
        else:
            found.append(_Read(member.name, data, (member.id,)))
    for scope, lines in sorted(exports.items()):
        first: dict[bytes, int] = {}
        for id, line in lines:
            first.setdefault(line, id)
        twins = tuple(id for id, line in lines if first[line] != id)
        read = _Read(f"{scope} (NDJSON)", b"".join(first), tuple(first.values()), twins)
        found.append(read)
    return found


def _bytes(member: Member, setup: Setup) -> bytes:
    try:
        data = fetch(member.place, member.name, setup.options.read.max_bytes)
    except OSError as error:
        raise _Missing(member.id, f"cannot be read: {error.strerror}") from None
    except AdapterError:
        data = b""
    if member.digest and hashlib.sha256(data).hexdigest() != member.digest:
        raise Changed(member.id)
    return data


def _graded(case: ToMake, sources: Sequence[_Read], setup: Setup, delivery: Delivery) -> Result:
    setup.terms  # noqa: B018  the mappings are still those of the run
    outcome = pipeline.grade([(one.name, one.data) for one in sources], setup.options)
    if states_nothing(outcome.graded.case):
        told = [(m.id, NOTHING, "it states no finding") for m in case.members]
        made = Made(stem=case.stem, made_of=case.made_of, state=NOTHING, inputs=len(told), facts={})
        return Result(made, tuple(told))
    outputs = {kind: pipeline.write(outcome, kind, setup.options) for kind in setup.to}
    if setup.check:
        _check(outputs)
    names = {kind: f"{folder(case.stem)}/{case.stem}{WRITERS[kind][1]}" for kind in outputs}
    for kind, data in outputs.items():
        delivery.add(names[kind], data)
    made = Made(
        stem=case.stem,
        made_of=case.made_of,
        state=GRADED,
        inputs=len(case.members),
        outputs=tuple(names.values()),
        facts=facts(outcome.graded),
    )
    return Result(made, tuple(_outcomes(sources, outcome.graded)))


def folder(stem: str) -> str:
    """Return the folder of a case's outputs: a million files in one are too many."""
    return stem.rpartition("-")[2][:2]


def states_nothing(case: Case) -> bool:
    """Return whether a case has nothing that a conclusion could be of."""
    exams = any(exam.facts or exam.lesions for exam in case.exams)
    listed = case.facts or case.pressures or case.punctures or case.patches
    return not (exams or listed or case.narrative or case.withdrawn or case.incomplete)


def _outcomes(sources: Sequence[_Read], graded: Graded) -> Iterator[tuple[int, str, str]]:
    """Yield the outcome of each input, as the case has it by its name."""
    of = {i.name: i for i in graded.case.inputs}
    for one in sources:
        said = of.get(one.name, Input(name=one.name))
        yield from ((id, _OUTCOMES[said.status], said.reason) for id in one.ids)
        yield from ((id, "duplicate", "another line says the same") for id in one.twins)


def _check(outputs: Mapping[str, bytes]) -> None:
    """Raise RefusedInput where an output breaks a rule: nothing of the case is delivered then."""
    from adapter import gates

    for kind in (k for k in outputs if k in ("fhir", "sr")):
        errors = [b for b in gates.check(outputs[kind], kind) if b.severity == gates.ERROR]
        if errors:
            told = "; ".join(f"{b.path} {b.gate} {b.rule}" for b in errors[:3])
            raise RefusedInput(f"{len(errors)} breaches in its {kind}, not delivered: {told}")


def _refused(case: ToMake, error: AdapterError) -> Result:
    made = Made(
        stem=case.stem,
        made_of=case.made_of,
        state=REFUSED,
        reason=error.message,
        inputs=len(case.members),
        facts={},
        again=isinstance(error, Defect),
    )
    outcomes = tuple((m.id, "refused", f"its case: {error.message}") for m in case.members)
    return Result(made, outcomes, isinstance(error, Usage))


def facts(graded: Graded) -> dict[str, Any]:
    """Return the row of the table of cases: codes, counts and dates, nobody's name or number."""
    case = graded.case
    dates = sorted(date for exam in case.exams for date in exam.dates)
    row: dict[str, Any] = {
        "first_date": dates[0] if dates else "",
        "last_date": dates[-1] if dates else "",
        "exams": [exam.kind for exam in case.exams],
        "lesions": sum(len(exam.lesions) for exam in case.exams),
        "findings": len(graded.findings),
        "incomplete": case.incomplete,
        "not_mapped": sum(issue.code == "not-mapped" for issue in case.issues),
    }
    for conclusion in graded.conclusions:
        name = conclusion.condition.replace("-", "_")
        row[f"{name}_established"] = conclusion.established
        row[f"{name}_possible"] = conclusion.possible
        row[f"{name}_rule"] = conclusion.trail[0].rule if conclusion.trail else ""
        row[f"{name}_missing"] = [
            f"{one.grade}: {' + '.join(need.concept for need in one.needs)}"
            for one in conclusion.missing
        ]
    return row


def unique_names(members: Sequence[tuple[Member, str]]) -> tuple[Member, ...]:
    """Return the inputs of a case, each by a name that no other has: its source goes before it."""
    names = Counter(member.name for member, _ in members)
    made = []
    for member, label in members:
        if not member.scope and names[member.name] > 1:
            member = replace(member, name=f"{label}/{member.name}")
        made.append(member)
    return tuple(made)


def digest_of(*parts: Any) -> str:
    """Return the SHA-256 of values, for names and comparisons."""
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()
