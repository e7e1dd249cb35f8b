"""CSF leak (脳脊髄液漏出症), imaging criteria of 2011-10-14: the rule table, one row a sentence.

To be read beside the criteria: sections A-1 to C-3 grade a finding; 画像診断基準 concludes
(`adapter.criteria.csf_leak_conclusion`). Where the text is open, ``text_open`` has the number of
criteria section 8.
"""

from adapter import sites
from adapter.criteria.logic import (
    Answer,
    Condition,
    ExamFinding,
    Rule,
    View,
    absent,
    all_of,
    coded,
    excluded,
    noted,
    present,
    read,
    without_value,
)
from adapter.model import Fact, Grade, Need, State, Truth, Used

REFERENCE, SUSPECTED, HIGHLY_SUSPECTED = (
    Grade.REFERENCE,
    Grade.SUSPECTED,
    Grade.HIGHLY_SUSPECTED,
)
DEFINITE, CONFIRMED = Grade.DEFINITE, Grade.CONFIRMED


def fluid(view: View) -> Answer:
    """Hold where the lesion has fluid signal: said of it, or by a floating dural sac sign."""
    subject, signal = view.fact("epi-fluid")
    _, sac = view.fact("float-dural-sac")
    used = tuple(Used(subject, f) for f in (signal, sac) if f.state is not None)
    by_sac = sac.state is State.PRESENT
    if signal.state is State.PRESENT or (by_sac and signal.state is not State.ABSENT):
        return Answer(Truth.HOLDS, tuple(u for u in used if u.fact.state is State.PRESENT))
    if signal.state is State.ABSENT and not by_sac:
        return Answer(Truth.FAILS, used)
    concept = "float-dural-sac" if signal.state is None and sac.state is not None else "epi-fluid"
    need = frozenset((Need(subject, concept, "present"),))
    return Answer(Truth.OPEN, used or (Used(subject, signal),), (need,))


def cervical_or_thoracic(view: View) -> Answer:
    """Hold where the site has a cervical or thoracic level (all, by policy ``ri_border``)."""
    subject = view.lesion or view.exam
    levels = sites.covered(view.site)
    fact = Fact(concept="site", value=sites.label(view.site) or None)
    if not levels:
        need = Need(subject, "site", "cervical-thoracic")
        return Answer(Truth.OPEN, (Used(subject, fact),), (frozenset((need,)),))
    inside = levels & sites.CERVICAL_THORACIC
    wholly = view.policy.ri_border == "wholly-ct"
    holds = levels == inside if wholly else bool(inside)
    return Answer(Truth.HOLDS if holds else Truth.FAILS, (Used(subject, fact),))


def reaches_lumbar(view: View) -> Answer:
    """Hold where the site also has a lumbar or sacral level."""
    holds = bool(sites.covered(view.site) & sites.LUMBAR_SACRAL)
    return Answer(Truth.HOLDS if holds else Truth.FAILS)


# spinal MRI and MR myelography
lesion = all_of(
    fluid,
    excluded("mimic-venous"),
    excluded("mimic-lymph"),
    excluded("mimic-perineural"),
    excluded("mimic-sleeve"),
)
unenhanced = absent("enhancement")
enhancing = present("enhancement")
continuous = present("sas-continuity")

SPINAL_MRI = (
    Rule(
        "csf-leak.A1.fluid", "A-1", SUSPECTED, lesion,
        "硬膜外の水信号病変", "Epidural lesion with fluid signal",
    ),
    Rule(
        "csf-leak.A1.fluid-enhancing", "A-1", SUSPECTED, all_of(lesion, enhancing),
        "造影される水信号病変(静脈叢は否定されない)",
        "Fluid-signal lesion that enhances (a venous plexus is not ruled out)", (1,),
    ),
    Rule(
        "csf-leak.A1.unenhanced", "A-1", HIGHLY_SUSPECTED, all_of(lesion, unenhanced),
        "水信号病変が造影されない", "Fluid-signal lesion that does not enhance",
    ),
    Rule(
        "csf-leak.A1.continuous", "A-1", HIGHLY_SUSPECTED, all_of(lesion, continuous),
        "水信号病変がくも膜下腔と連続する",
        "Fluid-signal lesion continuous with the subarachnoid space",
    ),
    Rule(
        "csf-leak.A1.continuous-enhancing", "A-1", HIGHLY_SUSPECTED,
        all_of(lesion, continuous, enhancing),
        "造影されるが、くも膜下腔と連続する水信号病変",
        "Fluid-signal lesion that enhances and is continuous with the subarachnoid space", (1,),
    ),
    Rule(
        "csf-leak.A1.unenhanced-and-continuous", "A-1", DEFINITE,
        all_of(lesion, unenhanced, continuous),
        "造影されず、くも膜下腔と連続する水信号病変",
        "Fluid-signal lesion that does not enhance and is continuous with the subarachnoid space",
    ),
)  # fmt: skip

# B-1: radionuclide cisternography, one accumulation
accumulation = all_of(
    present("ri-epidural"),
    excluded("mimic-kidney"),
    excluded("mimic-venous"),
    excluded("mimic-perineural"),
    excluded("mimic-sleeve"),
)
unilateral = coded("ri-pattern", "unilateral")
asymmetric = coded("ri-pattern", "asymmetric")
symmetric = coded("ri-pattern", "symmetric")


def lateral_view(view: View) -> Answer:
    """Hold where the lateral image agrees, or as read; fail where it does not, or was not taken."""
    subject, fact = view.fact("ri-lateral-view")
    not_taken = any(s.reason == "not-performed" for s in fact.statements)
    if fact.state is State.NOT_ASSESSED and not_taken:
        return Answer(Truth.FAILS, (Used(subject, fact),))
    return read("ri-lateral-view")(view)


RADIONUCLIDE = (
    Rule(
        "csf-leak.B1.accumulation", "B-1", REFERENCE, accumulation,
        "硬膜外のRI集積(腰部・仙骨部の対称性集積、クリスマスツリー所見、または分布の記載なし)",
        "Epidural accumulation: lumbar or sacral symmetric, Christmas-tree sign, or not described",
    ),
    Rule(
        "csf-leak.B1.pattern-not-stated", "B-1", SUSPECTED,
        all_of(accumulation, without_value("ri-pattern"), cervical_or_thoracic),
        "頸胸椎レベルのRI集積、分布の記載なし",
        "Accumulation at a cervical or thoracic level, pattern not stated",
    ),
    Rule(
        "csf-leak.B1.symmetric", "B-1", SUSPECTED,
        all_of(accumulation, symmetric, cervical_or_thoracic),
        "頸部から胸部の対称性集積", "Symmetric accumulation at a cervical or thoracic level",
    ),
    Rule(
        "csf-leak.B1.symmetric-across-border", "B-1", SUSPECTED,
        all_of(accumulation, symmetric, cervical_or_thoracic, reaches_lumbar),
        "胸腰移行部をまたぐ対称性集積",
        "Symmetric accumulation at a cervical or thoracic level that reaches the lumbar levels",
        (4,),
    ),
    Rule(
        "csf-leak.B1.asymmetric", "B-1", SUSPECTED, all_of(accumulation, asymmetric),
        "正面像で非対称性の集積", "Accumulation asymmetric on the frontal image",
    ),
    Rule(
        "csf-leak.B1.unilateral-frontal", "B-1", SUSPECTED,
        all_of(accumulation, unilateral, noted("ri-lateral-view")),
        "片側限局性の集積、側面像の一致なし(非対称性として判定)",
        "Unilateral localised accumulation without an agreeing lateral image: as asymmetric", (3,),
    ),
    Rule(
        "csf-leak.B1.unilateral", "B-1", HIGHLY_SUSPECTED,
        all_of(accumulation, unilateral, lateral_view),
        "正面像と側面像で片側限局性の集積",
        "Accumulation unilateral and localised on the frontal and the lateral image",
    ),
)  # fmt: skip

# B-2: circulation failure of the same examination raises a 疑 or 強疑 finding, once
circulation_failure = all_of(present("circ-failure"), present("cistern-seen"))
_RAISED = {SUSPECTED: HIGHLY_SUSPECTED, HIGHLY_SUSPECTED: DEFINITE}


def raised(rule: Rule) -> Rule:
    """Return the rule that `rule` becomes with circulation failure in its own examination (B-2)."""
    return Rule(
        rule.id.replace(".B1.", ".B2."),
        "B-2",
        _RAISED[rule.grade],
        all_of(rule.when, circulation_failure),
        f"{rule.ja}、同じ検査で脳脊髄液循環不全",
        f"{rule.en}, with CSF circulation failure in the same examination",
        rule.text_open,
    )


RADIONUCLIDE_RAISED = tuple(raised(rule) for rule in RADIONUCLIDE if rule.grade in _RAISED)

# C-1 to C-3: CT myelography, one leak
leak = all_of(present("ctm-epidural"), absent("puncture-cont"), excluded("tech-failure"))
located: dict[str, Condition] = {
    "dural-defect": present("dural-defect"),
    "leak-site": present("leak-site"),
    "sas-continuity": present("sas-continuity"),
}

CT_MYELOGRAPHY = (
    Rule(
        "csf-leak.C1.epidural-contrast", "C-1", DEFINITE, leak,
        "穿刺部からの漏出と連続しない硬膜外の造影剤",
        "Epidural contrast not continuous with leakage at the puncture site",
    ),
    Rule(
        "csf-leak.C1.dural-defect", "C-1", CONFIRMED, all_of(leak, located["dural-defect"]),
        "硬膜外の造影剤と硬膜の欠損", "Epidural contrast with a dural defect", (8,),
        ("union", "c1", "c3"),
    ),
    Rule(
        "csf-leak.C1.leak-site", "C-1", CONFIRMED, all_of(leak, located["leak-site"]),
        "硬膜外の造影剤と特定された漏出部位",
        "Epidural contrast with the site of the leak identified", (8,), ("union", "c1"),
    ),
    Rule(
        "csf-leak.C3.continuity", "C-3", CONFIRMED, all_of(leak, located["sas-continuity"]),
        "硬膜外の造影剤がくも膜下腔と連続する",
        "Epidural contrast continuous with the subarachnoid space", (8,), ("union", "c3", "list"),
    ),
)  # fmt: skip

RULES = {
    "spinal-mri": SPINAL_MRI,
    "ri-cisternogram": (*RADIONUCLIDE, *RADIONUCLIDE_RAISED),
    "ct-myelography": CT_MYELOGRAPHY,
}
"""The rules of a lesion, by the kind of its exam; within a kind the best that holds counts."""

NEVER_ABNORMAL = ("異常所見として数えない", "Never counted as abnormal")

EXAM_FINDINGS = {
    "spinal-mri": {"subdural-fluid": ExamFinding("A-2", Grade.NONE, *NEVER_ABNORMAL)},
    "ri-cisternogram": {
        "circ-failure": ExamFinding(
            "B-2", Grade.NONE, "単独では漏出の所見ではない", "Alone no finding of a leak"
        ),
        "early-bladder": ExamFinding(
            "B-3", REFERENCE, "参考所見: 数えない", "Reference only: never counted"
        ),
    },
    "ct-myelography": {"ctm-subdural": ExamFinding("C-2", Grade.NONE, *NEVER_ABNORMAL)},
}
"""Exam facts that are listed as findings of their own; none of them makes a conclusion."""
