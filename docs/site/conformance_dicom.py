"""The decoder's and the writer's tables to ``docs/conformance-dicom.md``, after DICOM PS3.2.

Source: `adapter.sr` (SOP classes, transfer syntaxes, character sets, limits, header fields, rules),
`adapter.writers.dicom_sr.header`, `adapter.terminology.dicom`, and what is written of the samples.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from io import BytesIO

from adapter import __version__, terms
from adapter.sr import charset, iso2022, part10, sop_classes
from adapter.sr.encode import IMPLEMENTATION_CLASS
from adapter.sr.header import FIELDS
from adapter.sr.limits import DEFAULT
from adapter.sr.rules import RULES, items
from adapter.sr.values import CHARSETS
from adapter.terminology import dicom
from adapter.terms import PRIVATE
from adapter.writers.dicom_sr.header import BASIC_TEXT, CLASSES
from docs.site import DOCS, made, markdown
from docs.site.conformance_text import (
    CODES,
    CONFIDENTIALITY,
    INTRODUCTION,
    MEDIA,
    NETWORK,
    READ_SETS,
    READ_TREE,
    REFUSED,
    RULES_ASKED,
    WRITTEN,
)
from docs.site.markdown import code, codes, table

TERMS = terms.load()
_SYNTAXES = {
    part10.IMPLICIT_LITTLE: "Implicit VR Little Endian",
    part10.EXPLICIT_LITTLE: "Explicit VR Little Endian",
    part10.DEFLATED: "Deflated Explicit VR Little Endian",
    part10.EXPLICIT_BIG: "Explicit VR Big Endian (retired)",
}


def page() -> str:
    """Return the page."""
    return markdown.page("DICOM conformance statement", *_parts())


def _parts() -> Iterator[str]:
    yield f"Product: csfleak-adapter {__version__}. Date of its terminology: {terms.checked()}."
    yield "## Overview"
    yield table(("SOP class", "UID", "reads", "writes"), _sop_classes())
    yield "Reading is the role of a File-set Reader, writing that of a File-set Creator."
    yield INTRODUCTION
    yield "## Networking"
    yield NETWORK
    yield "## Media interchange"
    yield MEDIA
    yield "## Reading"
    yield "### Transfer syntaxes"
    yield table(("transfer syntax", "UID", "reads", "writes"), _syntaxes())
    yield "### Character sets"
    yield READ_SETS
    yield table(("defined terms", "what"), _character_sets())
    yield "### Content"
    yield READ_TREE
    yield f"Value types that are understood: {codes(sorted(items.TYPES))}."
    yield "Attributes of the header that are read: " + codes(dict.fromkeys(FIELDS.values())) + "."
    yield "### Deviations"
    yield _deviations()
    yield "### Other objects"
    yield REFUSED
    yield table(("SOP class", "told as"), (
        (code(uid), what) for uid, what in sop_classes._OTHERS.items()
    ))  # fmt: skip
    yield "### Limits"
    yield table(("limit", "value", "of what"), _limits())
    yield "## Writing"
    yield WRITTEN
    yield table(("`--sr`", "SOP class", "template"), (
        (code(name), _class(uid), "TID 2000" if name == BASIC_TEXT else "TID 1500")
        for name, uid in CLASSES.items()
    ))  # fmt: skip
    yield table(("`--charset`", "Specific Character Set (0008,0005)"), (
        (code(name), code(written)) for name, (written, _) in CHARSETS.items()
    ))  # fmt: skip
    yield f"Implementation Class UID `{IMPLEMENTATION_CLASS}`, version `CSFLEAK_{__version__}`."
    yield "### Attributes of written documents"
    yield ATTRIBUTES
    yield table(("tag", "VR", "attribute", "present"), _attributes())
    yield "No private attribute is written."
    yield "## Coded terminology and templates"
    yield CODES
    yield (f"Private scheme: designator `{PRIVATE}`, UID `{TERMS.uids[PRIVATE]}`, "
           f"{sum(t.private for t in TERMS.terms.values())} codes.")  # fmt: skip
    yield "### Context groups"
    yield table(("context group", "title", "extensible", "codes"), _context_groups())
    yield "### Measurement groups (TID 1501)"
    yield from _templates()
    yield "## Rules"
    yield RULES_ASKED
    yield table(("rule", "severity", "template", "source"), (
        (code(r.id), r.severity, f"TID {r.template}" if r.template else "all", r.source)
        for r in RULES
    ))  # fmt: skip
    yield "## Security and confidentiality"
    yield CONFIDENTIALITY


def _sop_classes() -> Iterator[tuple[str, str, str, str]]:
    writes = {uid: name for name, uid in CLASSES.items()}
    for uid, name in sop_classes.SR.items():
        option = f"yes, {code(f'--sr {writes[uid]}')}" if uid in writes else "no"
        yield name, code(uid), "yes", option


def _class(uid: str) -> str:
    return f"{sop_classes.SR[uid]} {code(uid)}"


def _syntaxes() -> Iterator[tuple[str, str, str, str]]:
    writes = {part10.EXPLICIT_LITTLE: "yes", part10.IMPLICIT_LITTLE: "`--implicit-vr`"}
    for uid in part10._KNOWN:
        yield _SYNTAXES[uid], code(uid), "yes", writes.get(uid, "no")


def _character_sets() -> Iterator[tuple[str, str]]:
    whole = charset._WHOLE
    standard = [name for name in whole if name in ("ISO_IR 192", "GB18030", "GBK")]
    yield "none, " + codes(f"ISO_IR {n}" for n in iso2022.ONE_BYTE), "one byte"
    yield codes(f"ISO 2022 IR {n}" for n in iso2022.ONE_BYTE), "one byte, with code extensions"
    yield (
        codes(f"ISO 2022 IR {n}" for n in charset._MULTIBYTE),
        "several bytes, with code extensions",
    )
    yield codes(standard), "several bytes, without code extensions"
    others = [name for name in whole if name not in standard]
    yield codes(others), "not the standard's, but seen: read"
    yield codes(charset._ALIASES), "misspelt; read as what is meant, and told"


def _deviations() -> str:
    """Return the ids of what is mended; a test holds the page that is read here to the code."""
    reading = (DOCS / "reading-sr.md").read_text("utf-8")
    part = reading.split("## Read, and told\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    ids = [id for row in rows for id in re.findall(r"`([a-z-]+)`", row)]
    return (
        f"{len(ids)} kinds of deviation are mended and told, each with the path of its item; "
        "`--strict` refuses a document that has one. What is done about each, and which test shows "
        f"it: [reading SR](reading-sr.md#read-and-told). {codes(ids)}."
    )


def _limits() -> Iterator[tuple[str, str, str]]:
    for field in fields(DEFAULT):
        yield code(field.name), f"{getattr(DEFAULT, field.name):,}", _BOUNDS[field.name]


_BOUNDS = {
    "file": "bytes of a file",
    "inflated": "bytes of a deflated data set, once inflated",
    "model": "bytes of a JSON or XML model",
    "ratio": "inflated size over deflated size, from 8 MiB on",
    "depth": "sequences within sequences",
    "items": "sequence items of a document",
    "elements": "data elements of a document",
    "string": "bytes of one text value",
    "deviations": "deviations that are listed; the rest is counted",
}

ATTRIBUTES = """\
Of the data sets of all sample patients, in each kind of SR, signed and unsigned, first and
replacing: *always*, or *where known* to the inputs and options. An attribute that is always
there may be empty."""


@cache
def _present() -> dict[int, tuple[str, str, bool]]:
    """Return VR, name and whether always present, by tag, of everything the samples write."""
    import pydicom

    counted: dict[int, list[str]] = {}
    total = 0
    for data in _documents():
        total += 1
        for element in pydicom.dcmread(BytesIO(data)):
            found = counted.setdefault(int(element.tag), [element.VR, element.name, ""])
            found[2] += "x"
    return {tag: (vr, name, len(n) == total) for tag, (vr, name, n) in sorted(counted.items())}


def _documents() -> Iterator[bytes]:
    for kind in CLASSES:
        for more in ({}, made.SIGNED, made.REPLACING):
            yield from made.written("sr", sr=kind, **more)


def _attributes() -> Iterator[tuple[str, str, str, str]]:
    for tag, (vr, name, always) in _present().items():
        if tag >> 16 & 1:
            raise ValueError(f"a private attribute is written: {tag:08X}")
        shown = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        yield shown, vr, name, "always" if always else "where known"


def _tsv(name: str) -> list[dict[str, str]]:
    """Return the rows of one table of ``terminology export``."""
    head, *rows = dicom.files(TERMS, full=False)[name].decode().splitlines()
    names = head.split("\t")
    return [dict(zip(names, row.split("\t"), strict=True)) for row in rows]


def _by(rows: Iterable[dict[str, str]], key: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _context_groups() -> Iterator[tuple[str, str, str, str]]:
    for name, rows in _by(_tsv("context-groups.tsv"), "context_group").items():
        title = f"{rows[0]['title']} ({rows[0]['title_ja']})"
        extensible = {"Y": "yes", "N": "no"}[rows[0]["extensible"]]
        yield code(name), title, extensible, f"[{len(rows)}](vocabulary.md)"


_ROW = ("row", "NL", "relationship", "value type", "concept", "VM", "condition", "values")


def _templates() -> Iterator[str]:
    for name, rows in _by(_tsv("templates.tsv"), "template").items():
        lesion = name.rpartition(" ")[2]
        yield f"#### {TERMS[lesion].en} ({TERMS[lesion].ja})"
        yield table(_ROW, (
            (r["row"], r["level"].replace(">", "&gt;"), r["relationship"], r["value_type"],
             f"({r['code']}, {r['scheme']}, {r['meaning']})", r["multiplicity"], r["condition"],
             code(r["value_set"]) if r["value_set"] else "")
            for r in rows
        ))  # fmt: skip
