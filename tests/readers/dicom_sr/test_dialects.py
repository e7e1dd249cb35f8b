"""The same findings as many senders would write them: the same statements, apart from paths."""

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from adapter import terms
from tests.readers.dicom_sr.building import (
    ABSENT,
    CONTEXT,
    FINDING,
    GROUP,
    MEASUREMENTS,
    MOD,
    PRESENT,
    PROPERTIES,
    QUALITATIVE,
    SIDE,
    SITE,
    UNDETERMINED,
    code,
    container,
    file,
    image,
    num,
    ours,
    reference,
    text,
    uidref,
)
from tests.readers.dicom_sr.reading import codes, opened, said

OURS = "2.25.69185780400888605725525229835613365432"
LEVELS = {
    "T3": ("1626008", "T-11730"),
    "T4": ("73071006", "T-11740"),
    "T5": ("56401006", "T-11750"),
}
ATTRIBUTES = (("enhancement", ABSENT), ("sas-continuity", PRESENT), ("mimic-venous", UNDETERMINED))
FACTS = (("circ-failure", PRESENT), ("cistern-seen", ABSENT), ("tonsil-descent", UNDETERMINED))
WORDS = {PRESENT: "あり", ABSENT: "（−）", UNDETERMINED: "疑い"}
SRT = {PRESENT: "SRT:G-A203", ABSENT: "SRT:R-4089B", UNDETERMINED: "SRT:R-0038A"}
OTHER = {PRESENT: "DCM:121053", ABSENT: "SCT:373067005|No", UNDETERMINED: "SCT:42425007|Equivocal"}
HEADACHE = ("ortho-headache", PRESENT)


def sites(rel=MOD):
    side = code(SIDE, "SCT:7771000|Left", rel=MOD)
    return [code(SITE, f"SCT:{sct}|{name}", side, rel=rel) for name, (sct, _) in LEVELS.items()]


def pressure(*more):
    return [
        num(ours("csf-pressure"), "55", "UCUM:mm[H2O]", *more),
        code(ours("posture"), ours("supine")),
    ]


def evaluations(pairs, states=None, rel="CONTAINS"):
    return [code(ours(name), (states or {}).get(state, state), rel=rel) for name, state in pairs]


def group(finding, *children, uid, template="1501"):
    return container(
        GROUP, text("DCM:112039", "x", rel=CONTEXT), uidref(uid), code(FINDING, finding),
        *children, template=template,
    )  # fmt: skip


def contract(states=None, extra=(), name=ours, rel=MOD, template="1501"):
    """Return the findings as contract section 3 writes them."""
    table = states or {}
    return [
        container(
            MEASUREMENTS,
            group(
                name("epi-fluid"),
                *sites(rel),
                *[code(name(n), table.get(s, s)) for n, s in ATTRIBUTES],
                *extra,
                uid="2.25.1",
                template=template,
            ),
            group(
                name("ri-epidural"),
                code(name("ri-epidural"), table.get(ABSENT, ABSENT)),
                uid="2.25.2",
                template=template,
            ),
            group(name("csf-pressure"), *pressure(), uid="2.25.3"),
        ),
        container(QUALITATIVE, *[code(name(n), table.get(s, s)) for n, s in (*FACTS, HEADACHE)]),
    ]


def srt() -> list[Dataset]:
    """Return SNOMED RT codes throughout, under three designators."""
    tree = contract(SRT)
    tree[0].ContentSequence[0].ContentSequence = [
        *tree[0].ContentSequence[0].ContentSequence[:3],
        *(
            code("SRT:G-C0E3", f"{scheme}:{srt}", code("SNM3:G-C171", "SRT:G-A101", rel=MOD))
            for scheme, (_, srt) in zip(("SRT", "SNM3", "99SDM"), LEVELS.values(), strict=True)
        ),
        *evaluations(ATTRIBUTES, SRT),
    ]
    return tree


def children_of_findings(rel, states=None) -> list[Dataset]:
    """Return attributes below the finding they belong to: Finding = concept > attribute."""
    return [
        code(
            FINDING,
            ours("epi-fluid"),
            uidref("2.25.1"),
            *sites(rel),
            *evaluations(ATTRIBUTES, states, rel),
        ),
        code(
            FINDING,
            ours("ri-epidural"),
            uidref("2.25.2"),
            code(ours("ri-epidural"), ABSENT, rel=rel),
        ),
    ]


def named_by_concept(states=None) -> list[Dataset]:
    """Return findings as CODE items named by the concept, valued by its state."""
    return [
        code(ours("epi-fluid"), PRESENT, uidref("2.25.1"), *sites(), *evaluations(ATTRIBUTES)),
        code(ours("ri-epidural"), ABSENT, uidref("2.25.2")),
        *evaluations((*FACTS, HEADACHE), states),
        num(
            ours("csf-pressure"), "55", "UCUM:mm[H2O]",
            code(ours("posture"), "SCT:40199007", rel=PROPERTIES),
        ),
    ]  # fmt: skip


def in_words() -> list[Dataset]:
    """Return evaluations and sites as TEXT."""
    words = [text(ours(name), WORDS[state]) for name, state in ATTRIBUTES]
    facts = [text(ours(name), WORDS[state]) for name, state in (*FACTS, HEADACHE)]
    return [
        container(
            MEASUREMENTS,
            group(ours("epi-fluid"), text(SITE, "左Th3〜5"), *words, uid="2.25.1"),
            group(ours("ri-epidural"), text(ours("ri-epidural"), "なし"), uid="2.25.2"),
            group(
                ours("csf-pressure"),
                text(ours("csf-pressure"), "55 mmH2O"),
                text(ours("posture"), "仰臥位"),
                uid="2.25.3",
            ),
        ),
        container(QUALITATIVE, *facts),
    ]


def several_findings() -> list[Dataset]:
    """Return one group with several Findings, told apart by their own children."""
    return [
        container(
            MEASUREMENTS,
            container(GROUP, *children_of_findings("CONTAINS")),
            group(ours("csf-pressure"), *pressure(), uid="2.25.3"),
        ),
        container(QUALITATIVE, *evaluations((*FACTS, HEADACHE))),
    ]


def containers() -> list[Dataset]:
    """Return no template: containers named by the concepts, groups within groups."""
    return [
        container(
            "",
            container(
                ours("epi-fluid"),
                uidref("2.25.1"),
                container("", *sites()),
                container("", *evaluations(ATTRIBUTES)),
            ),
            container(
                ours("ri-epidural"), uidref("2.25.2"), *evaluations([("ri-epidural", ABSENT)])
            ),
            container(ours("csf-pressure"), *pressure()),
        ),
        *evaluations((*FACTS, HEADACHE)),
    ]


def headed(findings, impressions, elements) -> list[Dataset]:
    """Return a TID 2000 report with its headings from one of the two systems."""
    return [
        container(
            findings,
            *elements,
            text(FINDING, "硬膜外に水信号なし。"),  # narrative: never read
            image("2.25.99", "DCM:121112"),
        ),
        container(impressions, text("DCM:121073", "漏出なし"), reference(1, 1)),
    ]


def nested_charset() -> bytes:
    tree = contract(extra=[text("DCM:121106", "造影されない")])
    tree[0].ContentSequence[0].ContentSequence[-1].SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    return file(*tree, charset="ISO_IR 192")


def vendor(name):
    return f"99VENDOR:{name}"


DCM_HEADS = ("DCM:121070|Findings", "DCM:121072|Impressions")
LN_HEADS = ("LN:59776-5|Findings", "LN:19005-8|Impressions")
TITLE = {"title": "LN:18748-4|Diagnostic Imaging Report", "template": "2000"}
JAPANESE = ["", "ISO 2022 IR 87"]

DIALECTS = {
    "SRT codes": lambda: file(*srt()),
    "other words for the states": lambda: file(*contract(OTHER)),
    "TID 1410, implicit VR": lambda: file(
        *contract(template="1410", extra=[image("2.25.9", "DCM:121324")]),
        syntax=ImplicitVRLittleEndian,
    ),
    "TID 1411, deflated": lambda: file(
        *contract(template="1411", extra=[code("DCM:130400", "SCT:7771000")]),
        syntax=DeflatedExplicitVRLittleEndian,
        sop_class="3d",
    ),
    "TID 2000, DCM headings": lambda: file(
        *headed(*DCM_HEADS, named_by_concept()), **TITLE, syntax=ExplicitVRLittleEndian
    ),
    "TID 2000, LN headings, findings as values": lambda: file(
        *headed(
            *LN_HEADS,
            [
                *children_of_findings(PROPERTIES),
                *evaluations((*FACTS, HEADACHE)),
                *pressure(),
            ],
        ),
        **TITLE,
        sop_class="enhanced",
    ),
    "several Findings in one group": lambda: file(*several_findings()),
    "no template": lambda: file(*containers(), title="99X:report", template=""),
    "big endian": lambda: file(*contract(), syntax=ExplicitVRBigEndian),
    "words, JIS": lambda: file(*in_words(), charset=JAPANESE),
    "words, half-width kana and JIS": lambda: file(
        *in_words(), charset=["ISO 2022 IR 13", "ISO 2022 IR 87"]
    ),
    "nested character set": nested_charset,
    "Finding Site as CONTAINS": lambda: file(*contract(rel="CONTAINS")),
    "our scheme under another designator": lambda: file(
        *contract(name=vendor), schemes=(("99VENDOR", OURS),)
    ),
}


@pytest.fixture(scope="module")
def expected():
    document = opened(file(*contract()))
    assert len(document.statements) == 7
    assert not codes(document)
    return said(document)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_says_the_same(dialect, expected):
    assert said(opened(DIALECTS[dialect]())) == expected


def test_a_vendors_codes_are_taught_by_one_overlay(tmp_path, expected):
    """A private scheme without identification: one TOML file, no code."""
    names = ["epi-fluid", "ri-epidural", "csf-pressure", *(n for n, _ in (*ATTRIBUTES, *FACTS))]
    rows = "\n".join(
        f'[{name}]\ncodes = [{{ in = "99VENDOR", code = "V-{i}" }}]'
        for i, name in enumerate([*names, "ortho-headache"])
    )
    overlay = tmp_path / "vendor.toml"
    overlay.write_text(f'[schemes."99VENDOR"]\n\n{rows}\n', encoding="utf-8")
    numbers = {name: f"V-{i}" for i, name in enumerate([*names, "ortho-headache"])}

    def coded(name):
        return f"99VENDOR:{numbers[name]}"

    data = file(*contract(name=coded))
    assert said(opened(data, known=terms.load((overlay,)))) == expected
    unknown = opened(data)
    assert [s.concept for s in unknown.statements] == ["csf-pressure"]
    assert codes(unknown).count("not-mapped") == 11
