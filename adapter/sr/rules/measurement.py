"""Rules of TID 1500 (Measurement Report): its root, context and containers.

Source: DICOM PS3.16 TID 1001 to 1005, 1204, 1500, 1600; CID 100, 5000, 7021.
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
)

MEASUREMENTS = ("126010", "DCM")
DERIVED = ("126011", "DCM")
QUALITATIVE = ("C0034375", "UMLS")
GROUP = ("125007", "DCM")
LIBRARY = ("111028", "DCM")
LANGUAGE, COUNTRY = ("121049", "DCM"), ("121046", "DCM")
LATERALITY, TOPOGRAPHY = ("272741003", "SCT"), ("106233006", "SCT")
OBSERVER, PERSON_NAME, DEVICE_UID = ("121005", "DCM"), ("121008", "DCM"), ("121012", "DCM")
PERSON, DEVICE = ("121006", "DCM"), ("121007", "DCM")
REPORTED = ("121058", "DCM")
NAME, VERSION, PARAMETERS = ("111001", "DCM"), ("111003", "DCM"), ("111002", "DCM")
FAMILY = ("111000", "DCM")
ALGORITHM = (NAME, VERSION, PARAMETERS, FAMILY)
PROCEDURES = frozenset((code, "LN") for code in ("25056-3", "25045-6", "49118-3"))
_DEVICE_TEXTS = tuple((f"1210{n}", "DCM") for n in range(13, 18))


def _root(document: SrDocument) -> Iterator[Item]:
    if document.root is not None:
        yield document.root


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
    )
)
