"""Rules of TID 2000 (Basic Diagnostic Imaging Report).

Source: DICOM PS3.16 TID 2000, 2002; CID 7000, 7001, 7002, 7003.
"""

from adapter.sr.content import SrDocument
from adapter.sr.rules.base import ERROR, TITLES_2000, WARNING, Broken, Rule, expected, named, pair
from adapter.sr.rules.measurement import LANGUAGE, REPORTED, observer

HEADINGS = frozenset(
    {
        (code, "LN")
        for code in (
            "11329-0", "18783-1", "18785-6", "18834-2", "19005-8", "29549-3", "55107-7", "55108-5",
            "55109-3", "55110-1", "55111-9", "55112-7", "55113-5", "55114-3", "55115-0", "55752-0",
            "59776-5", "73568-8", "73569-6",
        )
    }
    | {
        (code, "DCM")
        for code in (
            "121060", "121062", "121064", "121066", "121068", "121070", "121072", "121074",
            "121076", "121078", "121109", "121110", "121111", "121113", "121180",
        )
    }
)  # fmt: skip
ELEMENTS = frozenset(
    {(code, "DCM") for code in ("121065", "121069", "121071", "121073", "121075", "121077")}
    | {(code, "LN") for code in ("11329-0", "55108-5", "55112-7", "55115-0")}
    | {("116224001", "SCT")}
)
_REFERENCES = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD", "NUM"})


def title(document: SrDocument) -> Broken:
    if document.root is not None and pair(document.root.name) not in TITLES_2000:
        yield document.root.path, "the title is not in CID 7000"


def language(document: SrDocument) -> Broken:
    if document.root is not None and len(named(document.root, LANGUAGE)) != 1:
        yield document.root.path, "not exactly one language"


def reported(document: SrDocument) -> Broken:
    for item in named(document.root, REPORTED) if document.root else ():
        yield from expected(item, "HAS CONCEPT MOD", "CODE")


def headings(document: SrDocument) -> Broken:
    """Yield a section that is contained in no way, or has a name of neither set of headings."""
    for item in document.root.children if document.root else ():
        if item.value_type == "CONTAINER":
            yield from expected(item, "CONTAINS", "CONTAINER")
            if item.name is not None and pair(item.name) not in HEADINGS:
                yield item.path, "the heading is in neither set of CID 7001"


def elements(document: SrDocument) -> Broken:
    """Yield an element of a section whose name is not in CID 7002."""
    for section in document.root.children if document.root else ():
        if section.value_type != "CONTAINER":
            continue
        for item in section.children:
            wrong = item.value_type in ("CODE", "TEXT") and pair(item.name) not in ELEMENTS
            if wrong and item.relationship == "CONTAINS":
                yield item.path, "the element is not in CID 7002"


def relationships(document: SrDocument) -> Broken:
    for section in document.root.children if document.root else ():
        for item in section.children if section.value_type == "CONTAINER" else ():
            for child in item.children:
                if child.value_type in _REFERENCES and child.relationship != "INFERRED FROM":
                    yield (
                        child.path,
                        f"evidence of an element is {child.relationship or 'unrelated'}",
                    )


RULES = tuple(
    Rule(id, severity, source, broken, "2000")
    for id, severity, source, broken in (
        ("2000.title", ERROR, "TID 2000 row 1, CID 7000", title),
        ("2000.language", ERROR, "TID 2000, TID 1204", language),
        ("2000.observer", ERROR, "TID 2000, TID 1001", observer),
        ("2000.reported", ERROR, "TID 2000", reported),
        ("2000.headings", WARNING, "CID 7001", headings),
        ("2000.elements", WARNING, "TID 2002, CID 7002", elements),
        ("2000.evidence", WARNING, "TID 2002", relationships),
    )
)
