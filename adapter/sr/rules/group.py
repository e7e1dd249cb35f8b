"""Rules of TID 1501 (Measurement Group), TID 300 (Measurement) and TID 4019 (Algorithm).

Source: DICOM PS3.16 TID 300, 1501, 1502, 4019; CID 244.
"""

import re

from adapter.sr.content import Item, SrDocument
from adapter.sr.rules.base import (
    ERROR,
    WARNING,
    Broken,
    Rule,
    at_most,
    expected,
    named,
    pair,
    walk,
)
from adapter.sr.rules.measurement import (
    ALGORITHM,
    FAMILY,
    GROUP,
    LATERALITY,
    MEASUREMENTS,
    NAME,
    TOPOGRAPHY,
    VERSION,
)

TRACKING, TRACKING_UID = ("112039", "DCM"), ("112040", "DCM")
SESSION, TIME_POINT = ("C67447", "NCIt"), ("126072", "DCM")
FINDING, CATEGORY = ("121071", "DCM"), ("276214006", "SCT")
METHOD, DERIVATION = ("370129005", "SCT"), ("121401", "DCM")
SITE = ("363698007", "SCT")
REAL_WORLD = ("126100", "DCM")
SIDES = frozenset((code, "SCT") for code in ("7771000", "24028007", "51440002", "66459002"))
CONTEXT = (SESSION, TRACKING, TRACKING_UID)
_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
_IN_GROUP = frozenset(
    {"CODE", "TEXT", "NUM", "IMAGE", "SCOORD", "SCOORD3D", "WAVEFORM", "TCOORD", "COMPOSITE"}
)


def _groups(document: SrDocument) -> list[Item]:
    return named(walk(document.root), GROUP)


def group(document: SrDocument) -> Broken:
    for item in _groups(document):
        yield from expected(item, "CONTAINS", "CONTAINER")


def group_place(document: SrDocument) -> Broken:
    inside = {
        group.path
        for container in (named(document.root, MEASUREMENTS) if document.root else ())
        for group in named(container, GROUP)
    }
    for item in _groups(document):
        if item.path not in inside:
            yield item.path, "a measurement group outside Imaging Measurements"
        elif item.template.strip() not in ("1501", "1410", "1411"):
            yield item.path, "the group names no template"


def tracking(document: SrDocument) -> Broken:
    for item in _groups(document):
        for code, kind in ((SESSION, "TEXT"), (TRACKING, "TEXT"), (TRACKING_UID, "UIDREF")):
            yield from at_most(item, code, "this context")
            for child in named(item, code):
                yield from expected(child, "HAS OBS CONTEXT", kind)


def tracking_once(document: SrDocument) -> Broken:
    """Yield a group without an identifier and a UID of its own."""
    seen: set[str] = set()
    for item in _groups(document):
        if not named(item, TRACKING):
            yield item.path, "Tracking Identifier is missing"
        uids = [child for child in named(item, TRACKING_UID) if isinstance(child.value, str)]
        if not uids:
            yield item.path, "Tracking Unique Identifier is missing"
        for child in uids:
            uid = str(child.value).strip()
            if len(uid) > 64 or not _UID.fullmatch(uid):
                yield child.path, "Tracking Unique Identifier is no UID"
            elif uid in seen:
                yield child.path, "two groups have one Tracking Unique Identifier"
            seen.add(uid)


def finding(document: SrDocument) -> Broken:
    for item in _groups(document):
        yield from at_most(item, FINDING, "Finding")
        for child in named(item, FINDING, CATEGORY):
            yield from expected(child, "CONTAINS", "CODE")


def finding_once(document: SrDocument) -> Broken:
    for item in _groups(document):
        if not named(item, FINDING):
            yield item.path, "Finding is missing"


def method(document: SrDocument) -> Broken:
    """Yield a method that stands twice, or is no CODE; its relationship is a matter of its own."""
    for item in _groups(document):
        yield from at_most(item, METHOD, "Measurement Method")
        for child in named(item, METHOD):
            if child.value_type != "CODE":
                yield child.path, "Measurement Method is no CODE"


def method_relationship(document: SrDocument) -> Broken:
    for item in _groups(document):
        for child in named(item, METHOD):
            yield from expected(child, "HAS CONCEPT MOD")


def site(document: SrDocument) -> Broken:
    for item in walk(document.root):
        for child in named(item, SITE):
            yield from expected(child, "HAS CONCEPT MOD", "CODE", "TEXT")
            for code in (LATERALITY, TOPOGRAPHY):
                yield from at_most(child, code, "this modifier of place")
            for modifier in child.children:
                yield from _modifier(modifier)


def site_coded(document: SrDocument) -> Broken:
    """Yield a site in words: the template wants a code, readers of words lose nothing."""
    for item in walk(document.root):
        for child in named(item, SITE):
            if child.value_type == "TEXT":
                yield child.path, "Finding Site is TEXT, not CODE"


def _modifier(item: Item) -> Broken:
    if pair(item.name) not in (LATERALITY, TOPOGRAPHY):
        yield item.path, "a Finding Site has a child that is no modifier of place"
        return
    yield from expected(item, "HAS CONCEPT MOD", "CODE")
    if pair(item.name) == LATERALITY and pair(item.value) not in SIDES:
        yield item.path, "the laterality is not in CID 244"


def contents(document: SrDocument) -> Broken:
    """Yield what a group may not hold, or not in this relationship."""
    context = (*CONTEXT, METHOD, SITE, *ALGORITHM, TIME_POINT)
    times = tuple((f"12607{n}", "DCM") for n in range(4))
    for item in _groups(document):
        yield from at_most(item, REAL_WORLD, "Real World Value Map")
        for child in item.children:
            if child.by_reference or pair(child.name) in (*context, *times, ("C2348792", "UMLS")):
                continue
            yield from expected(child, "CONTAINS", *sorted(_IN_GROUP))


def coordinates(document: SrDocument) -> Broken:
    """Yield an SCOORD that is not selected from exactly one image, a TCOORD not from a waveform."""
    for item in walk(document.root):
        kinds = {"SCOORD": "IMAGE", "TCOORD": "WAVEFORM"}
        kind = kinds.get(item.value_type)
        if kind is None:
            continue
        sources = [
            child
            for child in item.children
            if child.relationship == "SELECTED FROM"
            and (child.value_type == kind or child.by_reference)
        ]
        if len(sources) != 1:
            yield item.path, f"{item.value_type} is not selected from exactly one {kind}"


def number(document: SrDocument) -> Broken:
    """Yield a modifier of a measurement in another relationship, or one too many."""
    for group_item in _groups(document):
        for item in group_item.children:
            if item.value_type != "NUM":
                continue
            for code in (METHOD, DERIVATION):
                yield from at_most(item, code, "this modifier of the measurement")
                for child in named(item, code):
                    yield from expected(child, "HAS CONCEPT MOD", "CODE")


def algorithm(document: SrDocument) -> Broken:
    """Yield an algorithm identification that lacks its name or version, or has two families."""
    for item in walk(document.root):
        found = named(item, *ALGORITHM)
        if not found:
            continue
        for code, what in ((NAME, "name"), (VERSION, "version")):
            if len(named(item, code)) != 1:
                yield item.path, f"an algorithm has not exactly one {what}"
        yield from at_most(item, FAMILY, "Algorithm Family")


RULES = tuple(
    Rule(id, severity, source, broken, "1500")
    for id, severity, source, broken in (
        ("1501.group", ERROR, "TID 1501 row 1", group),
        ("1501.place", WARNING, "TID 1500 row 6", group_place),
        ("1501.tracking", ERROR, "TID 1501 rows 1b to 3", tracking),
        ("1501.tracking-once", WARNING, "IHE AIR", tracking_once),
        ("1501.finding", ERROR, "TID 1501 row 3b", finding),
        ("1501.finding-once", WARNING, "this project", finding_once),
        ("1501.method", ERROR, "TID 1501 row 5", method),
        ("1501.method-relationship", WARNING, "TID 1501 row 5", method_relationship),
        ("1501.site", ERROR, "TID 1501 rows 6 to 8", site),
        ("1501.site-coded", WARNING, "TID 1501 row 6", site_coded),
        ("1501.contents", ERROR, "TID 1501 rows 9 to 12", contents),
        ("1501.coordinates", ERROR, "TID 1501 rows 10c to 10h", coordinates),
        ("300.modifiers", ERROR, "TID 300", number),
        ("4019.algorithm", ERROR, "TID 4019", algorithm),
    )
)
