"""Evidence that no term stands for to content items, each in a place that TID 1500 has for it.

A CODE or TEXT is an evaluation of the group it stood in, a NUM a measurement of it; in no group
they are qualitative evaluations, a NUM a measurement of a group of its own. Dates, times and UIDs
are written in words. Source: DICOM PS3.16 TID 1500 row 13, TID 1501 rows 10 to 12, TID 300.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote

from adapter.model import Case, Coded, Unmapped
from adapter.sr.content import Code, Item, Number
from adapter.terms import Terms
from adapter.writers import kept
from adapter.writers.dicom_sr import dates, items
from adapter.writers.dicom_sr.items import Codes, is_uid

LOCAL = "L"
"""Scheme of the codes that stand for words, and for no name at all (`adapter.readers`)."""
_FINDING = ("finding", "finding-element", "findings-heading", "assertion", "generic-finding")
_DESIGNATOR = re.compile(r"[\x21-\x5b\x5d-\x7e]{1,16}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(slots=True)
class Places:
    """Evidence by where it is written: in the groups of exams (by index) and lesions (by UID), in
    groups of its own (by UID), and among the qualitative evaluations.
    """

    exams: dict[int, list[Unmapped]] = field(default_factory=dict)
    lesions: dict[str, list[Unmapped]] = field(default_factory=dict)
    groups: dict[str, list[Unmapped]] = field(default_factory=dict)
    root: list[Unmapped] = field(default_factory=list)


def places(case: Case, own: Mapping[int, str], codes: Codes, numbers: str) -> Places:
    """Return where the evidence of a case is written.

    Parameters
    ----------
    case : Case
    own : mapping
        The exams that are written as groups: index to tracking UID.
    codes : Codes
    numbers : str
        The tracking UID of the group for measurements that stand in none.
    """
    found = Places()
    lesions = {lesion.uid for exam in case.exams for lesion in exam.lesions if lesion.uid}
    for one in kept.apart(case):
        at = kept.exam_of(one, case)
        if _is_heading(one, codes.terms):  # a second Finding of a group is not allowed
            found.root.append(one)
        elif one.group in lesions:
            found.lesions.setdefault(one.group or "", []).append(one)
        elif one.group and is_uid(one.group):
            found.groups.setdefault(one.group, []).append(one)
        elif at in own:
            found.exams.setdefault(at, []).append(one)
        elif one.number:
            found.groups.setdefault(numbers, []).append(one)
        else:
            found.root.append(one)
    return found


def _is_heading(one: Unmapped, terms: Terms) -> bool:
    matches = (terms.match(name.system, name.code) for name in one.names)
    return any(match is not None and match.term.name in _FINDING for match in matches)


def evidence(kept: Iterable[Unmapped], codes: Codes, *, numbers: bool = True) -> Iterator[Item]:
    """Yield the content items of evidence; as words where no `numbers` may stand."""
    for one in kept:
        when = dates.instant(one.observed)
        yield written(one, _name(one, codes), codes, when, numbers=numbers)


def written(one: Unmapped, name: Code, codes: Codes, when: str = "", *, numbers: bool) -> Item:
    """Return one piece of evidence as a content item of some name."""
    if one.codes:
        return items.coded(name, code(one.codes, codes.terms), observed=when)
    if one.number and numbers and not one.comparator and _NUMBER.fullmatch(one.number):
        unit = code((one.unit,), codes.terms) if one.unit else codes.unit("")
        return items.number(name, Number(one.number, unit), observed=when)
    if one.number:
        unit_words = (one.unit.meaning or one.unit.code) if one.unit else ""
        words = f"{one.comparator} {one.number} {unit_words}".strip()
        return items.text(name, words, observed=when)
    words = one.text or one.date or one.time or one.uid
    if words:
        return items.text(name, words, observed=when)
    state = "not-evaluated" if one.reason == "not-performed" else "unknown"
    return items.coded(name, codes(state), observed=when)


def _name(one: Unmapped, codes: Codes) -> Code:
    if one.names:
        return code(one.names, codes.terms)
    if one.label:
        return Code("words", LOCAL, items.short(one.label))
    return Code("unnamed", LOCAL, "名称なし")


def code(said: Iterable[Coded], terms: Terms) -> Code:
    """Return the one code that an SR carries of several: one of a scheme that is known first."""
    known = sorted(said, key=lambda one: (not one.code, one.system not in terms.systems))
    chosen = known[0]
    if not chosen.code.strip():
        return Code("words", LOCAL, items.short(chosen.meaning))
    scheme, _ = designator(chosen.system, terms)
    value = items.short(chosen.code)
    return Code(value, scheme, items.short(chosen.meaning) or value)


def designator(system: str, terms: Terms) -> tuple[str, str]:
    """Return the designator of a system, and the UID or URL that the document identifies it by.

    The latter is empty for a scheme of the standard, and where only a designator is known.
    """
    known = terms.systems.get(system) or terms.systems.get(system.removeprefix("urn:oid:"))
    if known:
        return known, ""
    if _DESIGNATOR.fullmatch(system) and ":" not in system:
        return system, ""
    if not system:
        return LOCAL, ""
    name = f"99X{sha256(system.encode()).hexdigest()[:8].upper()}"
    if is_uid(system.removeprefix("urn:oid:")):
        return name, system.removeprefix("urn:oid:")
    return name, quote(system, safe=":/?#[]@!$&'()*+,;=%")


def schemes(case: Case, terms: Terms) -> dict[str, str]:
    """Return the designators that evidence is written with, and what identifies them."""
    found = (designator(said.system, terms) for said in _codes(case))
    return dict(sorted({name: identity for name, identity in found if identity}.items()))


def _codes(case: Case) -> Iterator[Coded]:
    """Yield every code that evidence and pictures carry as it came."""
    for one in case.unmapped:
        yield from (*one.names, *one.codes, *((one.unit,) if one.unit else ()))
    for picture in case.pictures:
        yield from (name for each in (picture, *picture.of) for name in each.names)
