"""Each rule finds what breaks it, where it breaks, and nothing in a document without fault."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapter.sr.content import Code, Item, Number, Reference, SrDocument
from adapter.sr.decode import decode
from adapter.sr.rules import RULES, check
from adapter.sr.rules.base import walk

BROKEN = Path(__file__).parents[1] / "broken_sr"


def code(text: str) -> Code:
    scheme, value, *meaning = text.split(":")
    return Code(value, scheme, meaning[0] if meaning else value)


def item(kind, relationship, name, value=None, *children, **more) -> Item:
    made = Item(
        path="",
        value_type=kind,
        relationship=relationship,
        name=code(name) if name else None,
        value=value,
        children=tuple(children),
        **more,
    )
    return replace(made, continuity="SEPARATE") if kind == "CONTAINER" else made


def numbered(one: Item, path: str = "1") -> Item:
    children = tuple(numbered(c, f"{path}.{i}") for i, c in enumerate(one.children, 1))
    return replace(one, path=path, children=children)


MOD, CONTEXT, CONTAINS = "HAS CONCEPT MOD", "HAS OBS CONTEXT", "CONTAINS"
IMAGE = Reference("1.2.840.10008.5.1.4.1.1.4", "2.25.50")
SIDE = item("CODE", MOD, "SCT:272741003", code("SCT:7771000:Left"))
SITE = item("CODE", MOD, "SCT:363698007", code("SCT:1626008:T3"), SIDE)
IDENTIFIER = item("TEXT", CONTEXT, "DCM:112039", "Lesion 1")
UID = item("UIDREF", CONTEXT, "DCM:112040", "2.25.51")
FINDING = item("CODE", CONTAINS, "DCM:121071", code("99CSFL:epi-fluid"))
METHOD = item("CODE", MOD, "SCT:370129005", code("99CSFL:spinal-mri"))
STATE = item("CODE", CONTAINS, "99CSFL:enhancement", code("SCT:272519000:Absent"))
LENGTH = item(
    "NUM", CONTAINS, "99CSFL:extent-3cm", Number("35", code("UCUM:mm")),
    item("CODE", MOD, "DCM:121401", code("DCM:121416")),
)  # fmt: skip
PICTURE = item("IMAGE", CONTAINS, "DCM:121112", IMAGE)
REGION = item(
    "SCOORD", CONTAINS, "DCM:111030", None, item("IMAGE", "SELECTED FROM", "DCM:111040", IMAGE)
)
GROUP = item(
    "CONTAINER", CONTAINS, "DCM:125007", None,
    IDENTIFIER, UID, FINDING, METHOD, SITE, STATE, LENGTH, PICTURE, REGION, template="1501",
)  # fmt: skip
NAME = item("TEXT", MOD, "DCM:111001", "csfleak")
VERSION = item("TEXT", MOD, "DCM:111003", "1.0")
MEASUREMENTS = item("CONTAINER", CONTAINS, "DCM:126010", None, GROUP, NAME, VERSION)
EVALUATIONS = item("CONTAINER", CONTAINS, "UMLS:C0034375", None, STATE)
LANGUAGE = item(
    "CODE", MOD, "DCM:121049", code("RFC5646:ja"),
    item("CODE", MOD, "DCM:121046", code("ISO3166_1:JP")),
)  # fmt: skip
OBSERVER = item("CODE", CONTEXT, "DCM:121005", code("DCM:121007"))
DEVICE = item("UIDREF", CONTEXT, "DCM:121012", "2.25.52")
REPORTED = item("CODE", MOD, "DCM:121058", code("LN:25056-3"))
ROOT = item(
    "CONTAINER", "", "DCM:126000", None,
    LANGUAGE, OBSERVER, DEVICE, REPORTED, MEASUREMENTS, EVALUATIONS, template="1500",
)  # fmt: skip
ELEMENT = item(
    "TEXT", CONTAINS, "DCM:121071", "…", item("IMAGE", "INFERRED FROM", "DCM:121112", IMAGE)
)
SECTION = item("CONTAINER", CONTAINS, "LN:59776-5", None, ELEMENT)
REPORT = item(
    "CONTAINER", "", "LN:18748-4", None,
    LANGUAGE, OBSERVER, DEVICE, REPORTED, SECTION, template="2000",
)  # fmt: skip
HEADER = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.33",
    "Modality": "SR",
    "CompletionFlag": "COMPLETE",
    "VerificationFlag": "UNVERIFIED",
    "ContentDate": "20260302",
    "ContentTime": "101500",
    "InstanceNumber": "1",
    "PerformedProcedureCodeSequence": "0",
}
SCHEMES = (("99CSFL", "2.25.69185780400888605725525229835613365432"),)
LISTED = (("2.25.53", "2.25.54", IMAGE),)


def sr(root=ROOT, header=None, **more) -> SrDocument:
    given = {"schemes": SCHEMES, "evidence": LISTED, **more}
    return SrDocument(root=numbered(root), header={**HEADER, **(header or {})}, **given)


def with_(*children, base=ROOT):
    return replace(base, children=(*base.children, *children))


def without(*gone, base=ROOT):
    return replace(base, children=tuple(c for c in base.children if c not in gone))


def swapped(old, new, base=ROOT):
    """Return the tree with an item replaced wherever it stands."""
    if base == old:
        return new
    return replace(base, children=tuple(swapped(old, new, c) for c in base.children))


def lacking(keyword):
    return replace(sr(), header={k: v for k, v in HEADER.items() if k != keyword})


def deviated(identifier, path=""):
    return sr(deviations=((identifier, path, "what", "done"),))


LONG = "x" * 70
VERIFIED = {"VerificationFlag": "VERIFIED"}
PERSON = replace(OBSERVER, value=code("DCM:121006"))
BASIC = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11"}
ENHANCED = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.22"}
BY_REFERENCE = Item("", "", "INFERRED FROM", by_reference=(1, 1))
NUMERIC = item("NUM", CONTAINS, "99CSFL:x", Number("1", code("UCUM:mm")))
LIBRARY = item("CONTAINER", CONTAINS, "DCM:111028")
PNAME = item("PNAME", CONTAINS, "99CSFL:x", "A^B")

CASES = [
    ("item.root", "1", sr(replace(ROOT, relationship=CONTAINS))),
    ("item.relationship", "1.1", sr(swapped(LANGUAGE, replace(LANGUAGE, relationship="")))),
    ("item.value-type", "1.2", sr(swapped(OBSERVER, replace(OBSERVER, value_type="WORD")))),
    ("item.name", "1.4", sr(swapped(REPORTED, replace(REPORTED, name=None)))),
    ("item.continuity", "1.6", sr(swapped(EVALUATIONS, replace(EVALUATIONS, continuity="")))),
    ("item.content-empty", "1.6", deviated("content-empty", "1.6")),
    ("item.value", "1.4", sr(swapped(REPORTED, replace(REPORTED, value=None)))),
    ("item.value", "1.5.1.1", sr(swapped(IDENTIFIER, replace(IDENTIFIER, value=" ")))),
    ("item.number", "1.5.1.7", sr(swapped(LENGTH, replace(LENGTH, value=Number("35"))))),
    ("item.number", "1.5.1.7", sr(swapped(LENGTH, replace(LENGTH, value=Number(""))))),
    (
        "item.number",
        "1.5.1.7",
        sr(swapped(LENGTH, replace(LENGTH, value=Number("1" * 17, code("UCUM:mm"))))),
    ),
    ("item.code", "1.4", sr(swapped(REPORTED, replace(REPORTED, value=Code("1", "", "m"))))),
    ("item.code", "1.5.1.6", sr(swapped(STATE, replace(STATE, name=Code("1", "99X", LONG))))),
    ("item.code", "1.4", deviated("code-too-long", "1.4")),
    (
        "item.meaning-bytes",
        "1.5.1.6",
        sr(swapped(STATE, replace(STATE, name=Code("1", "99X", "病" * 22)))),
    ),
    ("item.modifier", "1.7", sr(with_(item("NUM", MOD, "DCM:1", Number("1", code("UCUM:1")))))),
    ("item.storage-class", "1.5.1.7", sr(header=BASIC)),
    ("item.storage-class", "1.7", sr(with_(BY_REFERENCE), header=ENHANCED)),
    ("item.old-scheme", "1.5.1.5.1", sr(swapped(SIDE, replace(SIDE, value=code("SRT:G-A101"))))),
    ("item.scheme-identified", "1.5.1.3", sr(schemes=())),
    ("1500.title", "1", sr(replace(ROOT, name=code("DCM:1")))),
    ("1500.template", "1", sr(replace(ROOT, template=""))),
    ("1500.language", "1.7", sr(with_(LANGUAGE))),
    ("1500.language", "1.1", sr(swapped(LANGUAGE, replace(LANGUAGE, value=code("99X:ja"))))),
    ("1500.observer", "1", sr(without(OBSERVER, DEVICE))),
    ("1500.observer", "1", sr(without(DEVICE))),
    ("1500.observer", "1", sr(swapped(OBSERVER, PERSON))),
    ("1500.observer", "1.3", sr(swapped(DEVICE, replace(DEVICE, relationship=CONTAINS)))),
    ("1500.device", "1", sr(swapped(OBSERVER, PERSON))),
    ("1500.reported", "1.4", sr(swapped(REPORTED, replace(REPORTED, relationship=CONTAINS)))),
    ("1500.reported-known", "1", sr(without(REPORTED))),
    ("1500.reported-known", "1.4", sr(swapped(REPORTED, replace(REPORTED, value=code("LN:1"))))),
    ("1500.library", "1.8", sr(with_(LIBRARY, LIBRARY))),
    ("1500.containers", "1", sr(without(MEASUREMENTS, EVALUATIONS))),
    ("1500.containers", "1.7", sr(with_(EVALUATIONS))),
    ("1500.measurements", "1.5.4", sr(swapped(MEASUREMENTS, with_(STATE, base=MEASUREMENTS)))),
    ("1500.evaluations", "1.6.2", sr(swapped(EVALUATIONS, with_(NUMERIC, base=EVALUATIONS)))),
    ("1501.group", "1.5.1", sr(swapped(GROUP, replace(GROUP, relationship=MOD)))),
    ("1501.place", "1.7", sr(with_(swapped(UID, replace(UID, value="2.25.9"), GROUP)))),
    ("1501.place", "1.5.1", sr(swapped(GROUP, replace(GROUP, template="")))),
    (
        "1501.tracking",
        "1.5.1.1",
        sr(swapped(IDENTIFIER, replace(IDENTIFIER, relationship=CONTAINS))),
    ),
    ("1501.tracking-once", "1.5.1", sr(swapped(GROUP, without(UID, base=GROUP)))),
    ("1501.tracking-once", "1.5.1.2", sr(swapped(UID, replace(UID, value="2.25.x")))),
    ("1501.tracking-once", "1.5.4.2", sr(swapped(MEASUREMENTS, with_(GROUP, base=MEASUREMENTS)))),
    ("1501.finding", "1.5.1.10", sr(swapped(GROUP, with_(FINDING, base=GROUP)))),
    ("1501.finding-once", "1.5.1", sr(swapped(GROUP, without(FINDING, base=GROUP)))),
    ("1501.method", "1.5.1.10", sr(swapped(GROUP, with_(METHOD, base=GROUP)))),
    (
        "1501.method-relationship",
        "1.5.1.4",
        sr(swapped(METHOD, replace(METHOD, relationship=CONTAINS))),
    ),
    ("1501.site", "1.5.1.5", sr(swapped(SITE, replace(SITE, relationship=CONTAINS)))),
    ("1501.site", "1.5.1.5.1", sr(swapped(SIDE, replace(SIDE, value=code("SCT:1"))))),
    (
        "1501.site-coded",
        "1.5.1.5",
        sr(swapped(SITE, replace(SITE, value_type="TEXT", value="Th2", children=()))),
    ),
    ("1501.contents", "1.5.1.10", sr(swapped(GROUP, with_(PNAME, base=GROUP)))),
    ("1501.coordinates", "1.5.1.9", sr(swapped(REGION, replace(REGION, children=())))),
    (
        "300.modifiers",
        "1.5.1.7.2",
        sr(swapped(LENGTH, with_(LENGTH.children[0], base=LENGTH))),
    ),
    ("4019.algorithm", "1.5", sr(swapped(MEASUREMENTS, without(VERSION, base=MEASUREMENTS)))),
    ("2000.title", "1", sr(replace(REPORT, name=code("LN:1")))),
    ("2000.language", "1", sr(without(LANGUAGE, base=REPORT))),
    ("2000.observer", "1", sr(without(OBSERVER, DEVICE, base=REPORT))),
    (
        "2000.reported",
        "1.4",
        sr(swapped(REPORTED, replace(REPORTED, relationship=CONTAINS), REPORT)),
    ),
    ("2000.headings", "1.5", sr(swapped(SECTION, replace(SECTION, name=code("LN:1")), REPORT))),
    ("2000.elements", "1.5.1", sr(swapped(ELEMENT, replace(ELEMENT, name=code("LN:1")), REPORT))),
    (
        "2000.evidence",
        "1.5.1.1",
        sr(
            swapped(
                ELEMENT.children[0], replace(ELEMENT.children[0], relationship=CONTAINS), REPORT
            )
        ),
    ),
    ("document.flags", "", sr(header={"CompletionFlag": ""})),
    ("document.preliminary", "", sr(header={"PreliminaryFlag": "MAYBE"})),
    ("document.content-date", "", sr(header={"ContentDate": ""})),
    ("document.content-time", "", sr(header={"ContentTime": ""})),
    ("document.instance-number", "", sr(header={"InstanceNumber": ""})),
    ("document.procedures", "", lacking("PerformedProcedureCodeSequence")),
    ("document.modality", "", sr(header={"Modality": "MR"})),
    ("document.verified", "", sr(header=VERIFIED)),
    ("document.evidence", "1.5.1.8", sr(evidence=())),
    ("document.preamble", "", deviated("no-preamble")),
]


@pytest.mark.parametrize("root", [ROOT, REPORT])
def test_a_document_without_fault_breaks_no_rule(root):
    assert check(sr(root)) == ()


@pytest.mark.parametrize(("rule", "path", "document"), CASES)
def test_a_rule_finds_what_breaks_it_where_it_breaks(rule, path, document):
    found = [(b.rule, b.path) for b in check(document)]
    assert (rule, path) in found
    (row,) = (r for r in RULES if r.id == rule)
    assert {b.severity for b in check(document) if b.rule == rule} == {row.severity}


def test_every_rule_is_broken_by_a_case():
    assert {rule for rule, _, _ in CASES} == {rule.id for rule in RULES}


def test_rules_of_a_template_are_asked_of_no_other_document():
    free = replace(ROOT, template="9999", children=(STATE,))
    assert check(sr(free)) == ()


@pytest.mark.parametrize(
    ("name", "rule", "path"),
    [
        ("b01_no_root_continuity", "item.continuity", "1"),
        ("b02_no_nested_continuity", "item.continuity", "1.13.1"),
        ("b03_no_completionflag", "document.flags", ""),
        ("b04_no_verificationflag", "document.flags", ""),
        ("b05_verified_without_observer", "document.verified", ""),
        ("b06_no_evidence", "document.evidence", "1.12.1.1"),
        ("b07_no_perfproccode", "document.procedures", ""),
        ("b08_no_relationshiptype", "item.relationship", "1.1"),
        ("b09_code_without_value", "item.value", "1.13.1.3"),
        ("b10_no_conceptname", "item.name", "1.13.1.3"),
        ("b11_no_procedure_reported", "1500.reported-known", "1"),
        ("b12_no_scheme", "item.code", "1.13.1.5"),
        ("b13_bad_valuetype", "item.value-type", "1.13.1.3"),
        ("b14_no_measurements", "1500.containers", "1"),
        ("b15_modality", "document.modality", ""),
        ("b16_no_template", "1500.template", "1"),
        ("b17_basictext", "item.storage-class", "1.12.1.1.3"),
        ("b18_findingsite_contains", "1501.site", "1.13.1.4"),
        ("b19_meaning70", "item.code", "1.13.1.3"),
        ("b20_codevalue19", "item.code", "1.13.1.3"),
        ("b22_nopreamble", "document.preamble", ""),
        ("b23_empty_contentseq", "item.content-empty", "1"),
        ("b24_empty_contentdate", "document.content-date", ""),
    ],
)
def test_a_broken_sr_breaks_the_rule_of_its_name(name, rule, path):
    found = check(decode((BROKEN / f"{name}.dcm").read_bytes(), name))
    assert found
    assert (rule, path) in [(b.rule, b.path) for b in found]
    related = {"1501.finding-once", "1501.finding", "1501.contents"}  # of the item that is broken
    if name != "b23_empty_contentseq":  # nothing is left there for any template rule
        assert {b.rule for b in found} <= {rule, *related}


def test_walking_is_in_document_order():
    paths = [i.path for i in walk(numbered(ROOT))]
    assert paths == sorted(paths, key=lambda p: [int(n) for n in p.split(".")])
