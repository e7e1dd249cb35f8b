"""Rules of TID 1500 (Measurement Report), TID 1501 (Measurement Group), TID 300 and TID 4019.

Source: DICOM PS3.16 TID 300, 1001 to 1005, 1204, 1500, 1501, 1502, 4019; CID 100, 244, 5000, 7021.
"""

import re
from collections.abc import Iterator

from adapter.sr.content import Code, Item, SrDocument
from adapter.sr.rules.base import (
    ERROR,
    TITLES_1500,
    WARNING,
    Broken,
    Rule,
    at_most,
    expected,
    named,
    pair,
    walk,
)

MEASUREMENTS = ("126010", "DCM")
DERIVED = ("126011", "DCM")
QUALITATIVE = ("C0034375", "UMLS")
GROUP = ("125007", "DCM")
LIBRARY = ("111028", "DCM")
LANGUAGE, COUNTRY = ("121049", "DCM"), ("121046", "DCM")
OBSERVER, PERSON_NAME, DEVICE_UID = ("121005", "DCM"), ("121008", "DCM"), ("121012", "DCM")
PERSON, DEVICE = ("121006", "DCM"), ("121007", "DCM")
REPORTED = ("121058", "DCM")
TRACKING, TRACKING_UID = ("112039", "DCM"), ("112040", "DCM")
SESSION, TIME_POINT = ("C67447", "NCIt"), ("126072", "DCM")
FINDING, CATEGORY = ("121071", "DCM"), ("276214006", "SCT")
METHOD, DERIVATION = ("370129005", "SCT"), ("121401", "DCM")
SITE, LATERALITY, TOPOGRAPHY = ("363698007", "SCT"), ("272741003", "SCT"), ("106233006", "SCT")
REAL_WORLD = ("126100", "DCM")
NAME, VERSION, PARAMETERS = ("111001", "DCM"), ("111003", "DCM"), ("111002", "DCM")
FAMILY = ("111000", "DCM")
ALGORITHM = (NAME, VERSION, PARAMETERS, FAMILY)
SIDES = frozenset((code, "SCT") for code in ("7771000", "24028007", "51440002", "66459002"))
PROCEDURES = frozenset((code, "LN") for code in ("25056-3", "25045-6", "49118-3"))
CONTEXT = (SESSION, TRACKING, TRACKING_UID)
_DEVICE_TEXTS = tuple((f"1210{n}", "DCM") for n in range(13, 18))
_UID = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
_IN_GROUP = frozenset(
    {"CODE", "TEXT", "NUM", "IMAGE", "SCOORD", "SCOORD3D", "WAVEFORM", "TCOORD", "COMPOSITE"}
)


def _root(document: SrDocument) -> Iterator[Item]:
    if document.root is not None:
        yield document.root


def _groups(document: SrDocument) -> list[Item]:
    return named(walk(document.root), GROUP)


def title(document: SrDocument) -> Broken:
    for root in _root(document):
        if pair(root.name) not in TITLES_1500:
            yield root.path, "the title is not in CID 7021"


def template_named(document: SrDocument) -> Broken:
    for root in _root(document):
        if root.template.strip() != "1500":
            yield root.path, "Content Template Sequence does not name template 1500"


def language(document: SrDocument) -> Broken:
    for root in _root(document):
        yield from at_most(root, LANGUAGE, "Language")
        for item in named(root, LANGUAGE):
            yield from expected(item, "HAS CONCEPT MOD", "CODE")
            if not (isinstance(item.value, Code) and _is_language(item.value)):
                yield item.path, "the language is not in CID 5000"
            yield from at_most(item, COUNTRY, "Country of Language")
            for country in named(item, COUNTRY):
                yield from expected(country, "HAS CONCEPT MOD", "CODE")


def _is_language(code: Code) -> bool:
    pattern = {"RFC5646": r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "ISO639_2": r"[a-z]{3}",
               "ISO639_1": r"[a-z]{2}", "RFC3066": r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"}  # fmt: skip
    return bool(re.fullmatch(pattern.get(code.scheme, "(?!)"), code.value))


def observer(document: SrDocument) -> Broken:
    """Yield an observation context that is missing, or not as its observer type asks."""
    for root in _root(document):
        context = named(root, OBSERVER, PERSON_NAME, DEVICE_UID)
        if not context:
            yield root.path, "the observation context is missing"
            continue
        for item in context:
            yield from expected(item, "HAS OBS CONTEXT", "CODE", "PNAME", "UIDREF")
        kinds = [pair(item.value) for item in named(root, OBSERVER)] or [PERSON]
        if any(kind not in (PERSON, DEVICE) for kind in kinds):
            yield root.path, "Observer Type is neither Person nor Device"
        if PERSON in kinds and not named(root, PERSON_NAME):
            yield root.path, "a person observer without a name"
        if DEVICE in kinds and not named(root, DEVICE_UID):
            yield root.path, "a device observer without a UID"
        if kinds == [DEVICE]:
            for code in _DEVICE_TEXTS:
                yield from at_most(root, code, "an attribute of the device")


def device_observer(document: SrDocument) -> Broken:
    for root in _root(document):
        if DEVICE not in [pair(item.value) for item in named(root, OBSERVER)]:
            yield root.path, "no device observer"


def reported(document: SrDocument) -> Broken:
    for root in _root(document):
        for item in named(root, REPORTED):
            yield from expected(item, "HAS CONCEPT MOD", "CODE")


def reported_known(document: SrDocument) -> Broken:
    """Yield no Procedure reported, or one that some tools do not find in their table."""
    for root in _root(document):
        found = named(root, REPORTED)
        if not found:
            yield root.path, "Procedure reported is missing"
        for item in found:
            if pair(item.value) not in PROCEDURES:
                yield item.path, "Procedure reported is none of LN 25056-3, 25045-6, 49118-3"


def containers(document: SrDocument) -> Broken:
    for root in _root(document):
        if not named(root, MEASUREMENTS, DERIVED, QUALITATIVE):
            yield root.path, "no container of measurements, derived measurements or evaluations"
        for code in (MEASUREMENTS, DERIVED, QUALITATIVE):
            yield from at_most(root, code, "this container")
            for item in named(root, code):
                yield from expected(item, "CONTAINS", "CONTAINER")


def measurements(document: SrDocument) -> Broken:
    """Yield what stands in Imaging Measurements and is neither a group nor an algorithm."""
    for root in _root(document):
        for container in named(root, MEASUREMENTS):
            for item in container.children:
                if pair(item.name) not in (GROUP, *ALGORITHM):
                    yield item.path, "stands in Imaging Measurements and is no measurement group"


def qualitative(document: SrDocument) -> Broken:
    for root in _root(document):
        for container in named(root, QUALITATIVE):
            for item in container.children:
                yield from expected(item, "CONTAINS", "CODE", "TEXT")
                for child in item.children:
                    if pair(child.name) not in (LATERALITY, TOPOGRAPHY):
                        yield child.path, "an evaluation has a child that is no modifier of place"


def library(document: SrDocument) -> Broken:
    for root in _root(document):
        yield from at_most(root, LIBRARY, "Image Library")
        for item in named(root, LIBRARY):
            yield from expected(item, "CONTAINS", "CONTAINER")


def group(document: SrDocument) -> Broken:
    for item in _groups(document):
        yield from expected(item, "CONTAINS", "CONTAINER")


def group_place(document: SrDocument) -> Broken:
    inside = {
        group.path
        for root in _root(document)
        for container in named(root, MEASUREMENTS)
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
            yield from expected(child, "HAS CONCEPT MOD", "CODE")
            for code in (LATERALITY, TOPOGRAPHY):
                yield from at_most(child, code, "this modifier of place")
            for modifier in child.children:
                yield from _modifier(modifier)


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
        ("1500.title", ERROR, "TID 1500 row 1", title),
        ("1500.template", WARNING, "tools that look for it", template_named),
        ("1500.language", ERROR, "TID 1500 row 2, TID 1204", language),
        ("1500.observer", ERROR, "TID 1500 row 3, TID 1001 to 1004", observer),
        ("1500.device", WARNING, "IHE AIR", device_observer),
        ("1500.reported", ERROR, "TID 1500 row 4", reported),
        ("1500.reported-known", WARNING, "tools that demand it", reported_known),
        ("1500.library", ERROR, "TID 1500 row 5", library),
        ("1500.containers", ERROR, "TID 1500 rows 6, 10, 12", containers),
        ("1500.measurements", ERROR, "TID 1500 row 6", measurements),
        ("1500.evaluations", ERROR, "TID 1500 rows 13, 14", qualitative),
        ("1501.group", ERROR, "TID 1501 row 1", group),
        ("1501.place", WARNING, "TID 1500 row 6", group_place),
        ("1501.tracking", ERROR, "TID 1501 rows 1b to 3", tracking),
        ("1501.tracking-once", WARNING, "IHE AIR", tracking_once),
        ("1501.finding", ERROR, "TID 1501 row 3b", finding),
        ("1501.finding-once", WARNING, "this project", finding_once),
        ("1501.method", ERROR, "TID 1501 row 5", method),
        ("1501.method-relationship", WARNING, "TID 1501 row 5", method_relationship),
        ("1501.site", ERROR, "TID 1501 rows 6 to 8", site),
        ("1501.contents", ERROR, "TID 1501 rows 9 to 12", contents),
        ("1501.coordinates", ERROR, "TID 1501 rows 10c to 10h", coordinates),
        ("300.modifiers", ERROR, "TID 300", number),
        ("4019.algorithm", ERROR, "TID 4019", algorithm),
    )
)
