"""Parts of a case to words, name by name: what `adapter.merge.differences` compares.

Empty text stands for nothing said. Source: contract sections 1 to 3.
"""

from collections.abc import Iterable

from adapter import sites
from adapter.merge.patients import LOCAL
from adapter.model import (
    Case,
    Coded,
    Conclusion,
    Exam,
    Fact,
    Finding,
    Graded,
    Patient,
    Quantity,
    Site,
    State,
    Statement,
    Step,
    Study,
    Unmapped,
)


def flags(case: Case) -> dict[str, str]:
    """Return what is said of a case as a whole."""
    said = {
        "incomplete": case.incomplete,
        "narrative": bool(case.narrative),
        "preliminary": any(i.preliminary for i in case.inputs if i.status == "used"),
    }
    return {name: "yes" if holds else "" for name, holds in said.items()}


def patient(of: Patient) -> dict[str, str]:
    """Return who the findings are of; an identifier that means something in its document alone
    is left aside.
    """
    shown = {
        f"name {n.representation}".strip(): _words(f"{n.family} {n.given}".strip() or n.text)
        for n in of.names
    }
    known = sorted(
        {(v, i.removeprefix("urn:oid:")) for v, i in of.identifiers if not i.startswith(LOCAL)}
    )
    ids = {f"identifier {at + 1}": f"{v} ({i})" for at, (v, i) in enumerate(known)}
    return {**ids, **shown, "birth date": of.birth_date, "sex": of.sex}


def there(value: object) -> str:
    """Return whether something is there."""
    return "" if value is None else "stated"


def exam(exam: Exam) -> dict[str, str]:
    """Return what is said of an exam as a whole."""
    return {
        "kind": exam.kind,
        "method": exam.method,
        "dates": ", ".join(exam.dates),
        "institutions": ", ".join(exam.institutions),
    }


def exam_names(exam: Exam) -> dict[str, str]:
    """Return what an exam is named by."""
    return {"groups": ", ".join(exam.groups), "studies": ", ".join(exam.studies)}


def site(site: Site | None) -> str:
    """Return a site by its levels and names; by its words where those cannot be read."""
    if site is None:
        return ""
    return sites.label(site) if site.stated else _words(site.text)


def fact(fact: Fact | None, dated: bool) -> dict[str, str]:
    """Return what a fact comes to, and what was said of it."""
    if fact is None:
        return {}
    said = sorted({_said(s, dated) for s in fact.statements if s.concept == fact.concept})
    return {
        "state": fact.state.value if fact.state else "",
        "value": fact.value or "",
        "why": fact.why,
        "statements": "; ".join(said),
    }


def _said(said: Statement, dated: bool) -> str:
    words = (
        said.state.value,
        said.value or "",
        (said.reason or "unknown") if said.state is State.NOT_ASSESSED else "",
        _quantity(said.quantity),
        _words(said.text),
        (said.date or said.exam.date or "") if dated else "",
    )
    return ", ".join(w for w in words if w)


def event(said: Statement) -> str:
    """Return a pressure, puncture or patch with what belongs to it."""
    parts = sorted(f"{p.concept} {_said(p, False)}" for p in said.parts)
    return "; ".join([_said(said, True), *parts])


def _quantity(quantity: Quantity | None) -> str:
    if quantity is None:
        return ""
    return f"{quantity.comparator}{quantity.value} {quantity.unit}".strip()


def study(study: Study | None) -> dict[str, str]:
    """Return what is known of a study; nothing where it is not given."""
    if study is None:
        return {}
    return {
        "given": "yes",
        "date": study.date or "",
        "institution": study.institution or "",
        "accession": study.accession or "",
        "kinds": ", ".join(sorted(study.kinds)),
        "modalities": ", ".join(sorted(study.modalities)),
        "instances": f"{len(set(study.instances))}: {_hash(study.instances)}",
    }


def _hash(values: Iterable[object]) -> str:
    """Return a short text that stands for a set of values."""
    from hashlib import sha256

    return sha256("\n".join(sorted(map(repr, set(values)))).encode()).hexdigest()[:8]


def unmapped(of: Unmapped) -> str:
    """Return evidence in words; whose group it stood in is a matter of the writer."""
    unit = f" {of.unit.code}" if of.unit else ""
    said = (
        " + ".join(map(_coded, of.codes)),
        _words(of.text),
        f"{of.comparator}{of.number}{unit}",
        of.date,
        of.time,
        of.uid,
        f"no value: {of.reason}" if of.reason else "",
    )
    name = " + ".join(map(_coded, of.names)) or of.label
    return f"{name} = {', '.join(s for s in said if s)}"


def _coded(code: Coded) -> str:
    return f"({code.system}, {code.code})"


def conclusion(graded: Graded, of: Conclusion | None) -> dict[str, str]:
    """Return a conclusion with the rules it rests on."""
    if of is None:
        return {}
    rests = ", ".join(graded.findings[i].concept for i in of.rests_on)
    return {
        "established": of.established,
        "possible": of.possible,
        "rules": _rules(of.trail),
        "rests on": rests,
        "provisional": "yes" if of.provisional else "",
    }


def finding(of: Finding | None) -> dict[str, str]:
    """Return a finding with its grades and rules."""
    if of is None:
        return {}
    return {
        "concept": of.concept,
        "established": of.established.value,
        "possible": of.possible.value,
        "rules": _rules(of.trail),
    }


def _rules(steps: Iterable[Step]) -> str:
    return ", ".join(f"{s.rule}({_rules(s.steps)})" if s.steps else s.rule for s in steps)


def _words(text: str) -> str:
    """Return a text without what formats change: line ends and outer blanks."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
