"""Cases made from a seed, and what may be documented in them: the material of the properties.

A made case has the keys of a case file (``tests/cases/README.md``). Every exam has a group and
every lesion a UID, so that a fact that grading calls missing can be found again and stated.
"""

import copy
import random
from collections.abc import Iterator
from itertools import product

from adapter.model import Graded, Missing, Need

UNDOCUMENTED = (None, None, None, "indeterminate", "not-assessed")
STATES = ("present", "absent", *UNDOCUMENTED)
SITES = (
    None, "T3", "T3-T5", "T4", "T8", "L3", "L3-L4", "T12-L1", "胸椎", "腰椎", "T3、腰椎", "不明",
    "上位胸椎",
)  # fmt: skip
LEVELS = ("T3", "T4", "T8", "L3", "T12", "L1", "S3", "T12-L5", "T3-L5")
MIMICS = ("mimic-venous", "mimic-lymph", "mimic-perineural", "mimic-sleeve")
CONFOUNDERS = ("mimic-kidney", "mimic-venous", "mimic-perineural", "mimic-sleeve")
SIGNS = (
    "subdural-effus", "venous-plexus", "tonsil-descent", "brainstem-flat", "pituitary-large",
)  # fmt: skip
DETAILS = ("dde-symmetric", "dde-thickening", "falx-tentorium", "extent-3cm", "above-cortex")
LESION_OF = {
    "spinal-mri": "epi-fluid", "ri-cisternogram": "ri-epidural", "ct-myelography": "ctm-epidural",
}  # fmt: skip
ATTRIBUTES = {
    "spinal-mri": ("enhancement", "sas-continuity"),
    "ri-cisternogram": (),
    "ct-myelography": ("puncture-cont", "dural-defect", "leak-site", "sas-continuity"),
}
AS_READ = {*MIMICS, *CONFOUNDERS, *DETAILS, "ri-lateral-view", "tech-failure"}
FAVOURABLE = {
    **dict.fromkeys(
        ("epi-fluid", "sas-continuity", "ri-epidural", "ri-lateral-view", "ctm-epidural",
         "dural-defect", "leak-site", "circ-failure", "cistern-seen", "dural-enhance",
         "ortho-headache", *SIGNS, *DETAILS),
        "present",
    ),
    **dict.fromkeys(
        ("enhancement", "puncture-cont", "herniation", "chiari", "tech-failure", *MIMICS,
         *CONFOUNDERS),
        "absent",
    ),
}  # fmt: skip
CONTRARY = {"present": "absent", "absent": "present"}
LEFT_OPEN = ("cistern-seen", "tech-failure", "herniation", "chiari")  # by `nothing-else`
EXAM_FACTS = {
    "spinal-mri": ("subdural-fluid",),
    "ri-cisternogram": ("circ-failure", "cistern-seen", "early-bladder"),
    "ct-myelography": ("tech-failure", "ctm-subdural"),
    "brain-mri": ("dural-enhance", *SIGNS, "herniation", "chiari"),
}


def make(seed: int) -> dict:
    """Return the case of a seed: up to two exams of a kind, two lesions of an exam, a pressure."""
    chance = random.Random(seed)
    case: dict = {"lesions": [], "exams": [], "facts": {}, "pressures": [], "policy": {}}
    for kind in EXAM_FACTS:
        for number in range(chance.choice((0, 0, 1, 1, 1, 2))):
            _exam(case, kind, number, chance)
    headache = chance.choice(STATES)
    if headache:
        case["facts"]["ortho-headache"] = headache
    if chance.random() < 0.6:
        case["pressures"].append(_pressure(chance))
    case["policy"] = {
        "same_site": chance.choice(("level", "level", "region", 1)),
        "ctm_confirmed": chance.choice(("union", "union", "c1", "c3", "list")),
        "exclusions": chance.choice(("as-read", "as-read", "strict")),
        "ri_border": chance.choice(("any-ct-level", "any-ct-level", "wholly-ct")),
        "herniation_chiari": chance.choice(("suspected", "suspected", "all")),
    }
    return case


def _exam(case: dict, kind: str, number: int, chance: random.Random) -> None:
    group = f"{kind}-{number}"
    date = ("2026-03-02", "2026-09-21")[number]
    exam = {"kind": kind, "group": group, "date": date}
    for concept in EXAM_FACTS[kind]:
        said = chance.choice(STATES if concept not in AS_READ else (*STATES, None, None, None))
        if said:
            exam[concept] = said
    if "dural-enhance" in exam:
        exam["dural-enhance"] = {"state": exam["dural-enhance"], **_rare(DETAILS, chance)}
    if chance.random() < 0.15:
        exam["nothing-else"] = "present"
    case["exams"].append(exam)
    for index in range(chance.choice((0, 1, 1, 1, 2)) if kind in LESION_OF else 0):
        case["lesions"].append(_lesion(kind, group, f"{group}.{index}", date, chance))


def _lesion(kind: str, group: str, uid: str, date: str, chance: random.Random) -> dict:
    lesion = {"exam": kind, "group": group, "uid": uid, "date": date}
    lesion[LESION_OF[kind]] = chance.choice(("present",) * 4 + ("absent", "indeterminate"))
    site, side = chance.choice(SITES), chance.choice((None, "left", "right"))
    lesion |= {"site": site} if site else {}
    lesion |= {"side": side} if side else {}
    for name in ATTRIBUTES[kind]:
        said = chance.choice(STATES)
        lesion |= {name: said} if said else {}
    if kind == "ri-cisternogram":
        patterns = ("unilateral", "asymmetric", "symmetric", "christmas-tree", "indeterminate")
        pattern = chance.choice((*patterns, None))
        lesion |= {"ri-pattern": pattern} if pattern else {}
        lesion |= _rare((*CONFOUNDERS, "ri-lateral-view"), chance)
    if kind == "spinal-mri":
        lesion |= _rare(MIMICS, chance)
    return lesion


def _rare(concepts: tuple[str, ...], chance: random.Random) -> dict:
    """Return states of exclusions and sub-criteria: mostly silence, and all favourable at times."""
    if chance.random() < 0.3:
        return {c: FAVOURABLE[c] for c in concepts}
    said = {c: chance.choice((*STATES, *[None] * 20)) for c in concepts}
    return {c: s for c, s in said.items() if s}


def _pressure(chance: random.Random) -> dict:
    entry: dict = {"date": "2026-03-02"}
    value = chance.choice(("50", "60", "90", None))
    posture = chance.choice(("supine", "lateral", "sitting", None))
    entry |= {"value": value} if value else {}
    return entry | ({"posture": posture} if posture else {})


# Documenting what is not documented


def open_slots(case: dict) -> list[tuple[dict, str]]:
    """Return (table, concept) of every fact that a statement could document, or is undocumented.

    Silence on what counts as read is a slot as well: documenting it must not hurt.
    """
    found = []
    for lesion in case["lesions"]:
        kind = lesion["exam"]
        names = [LESION_OF[kind], *ATTRIBUTES[kind]]
        names += MIMICS if kind == "spinal-mri" else ()
        names += (*CONFOUNDERS, "ri-lateral-view", "ri-pattern") if "ri" in kind[:2] else ()
        found += [(lesion, name) for name in names]
        found.append((lesion, "site"))
    for exam in case["exams"]:
        names = [n for n in EXAM_FACTS[exam["kind"]] if n in FAVOURABLE]
        told = exam.get("nothing-else") == "present"
        found += [(exam, n) for n in names if n in exam or n in LEFT_OPEN or not told]
        if isinstance(exam.get("dural-enhance"), dict):
            found += [(exam["dural-enhance"], name) for name in ("state", *DETAILS)]
    found.append((case["facts"], "ortho-headache"))
    found += [(entry, name) for entry in case["pressures"] for name in ("value", "posture")]
    return [
        (t, name) for t, name in found if _undocumented(t, name) and not _settled(case, t, name)
    ]


def _settled(case: dict, table: dict, name: str) -> bool:
    """Return whether another brain MRI excludes herniation or Chiari: silence here is no matter."""
    if name not in ("herniation", "chiari") or table.get(name) == "indeterminate":
        return False
    return any(exam.get(name) == "absent" for exam in case["exams"])


def _undocumented(table: dict, name: str) -> bool:
    if name == "dural-enhance" and isinstance(table.get(name), dict):
        return False
    silent = (None, "indeterminate", "not-assessed", "不明")
    return table.get(name) in silent


def documented(case: dict, slot: int, chance: random.Random, *, favourable: bool) -> dict:
    """Return the case with one undocumented fact stated, the way that helps or the other."""
    changed = copy.deepcopy(case)
    slots = open_slots(changed)
    table, name = slots[slot % len(slots)]
    table[name] = _stated(name, chance, favourable)
    return changed


def _stated(name: str, chance: random.Random, favourable: bool) -> object:
    if name == "site":
        return chance.choice(LEVELS)
    if name == "ri-pattern":
        return chance.choice(("unilateral", "asymmetric", "symmetric"))
    if name == "value":
        return "50" if favourable else "180"
    if name == "posture":
        return "supine" if favourable else "sitting"
    good = FAVOURABLE["dural-enhance" if name == "state" else name]
    return good if favourable else CONTRARY[good]


def completed(case: dict, chance: random.Random) -> dict:
    """Return the case with every undocumented fact stated at random; as-read silence stays."""
    changed = copy.deepcopy(case)
    strict = case["policy"]["exclusions"] == "strict"
    for table, name in open_slots(changed):
        if name in table or name not in AS_READ or strict:
            table[name] = _stated(name, chance, chance.random() < 0.5)
    return changed


def worst(case: dict) -> dict:
    """Return the case with every undocumented fact stated the way that helps least."""
    changed = copy.deepcopy(case)
    strict = case["policy"]["exclusions"] == "strict"
    chance = random.Random(0)
    sites = iter(("S3", "S4", "S5") * 9)  # lesions without a site: each at a place of its own
    for table, name in open_slots(changed):
        if name == "site":
            table[name] = next(sites) if table["exam"] != "spinal-mri" else "C2"
        elif name == "ri-pattern":
            table[name] = "symmetric"
        elif name in table or name not in AS_READ or strict:
            table[name] = _stated(name, chance, favourable=False)
    return changed


def with_needs(case: dict, graded: Graded, missing: Missing) -> Iterator[dict]:
    """Yield the cases in which the facts of a `Missing` are as wanted.

    More than one: a site that is to match may be any of several.
    """
    places = [n for n in missing.needs if n.concept == "site"]
    subjects = list(dict.fromkeys(n.subject for n in places))
    for chosen in product(LEVELS, repeat=len(subjects)):
        changed = copy.deepcopy(case)
        for need in missing.needs:
            if need.concept != "site":
                _apply(changed, graded, need)
        for subject, level in zip(subjects, chosen, strict=True):
            _lesion_of(changed, graded, Need(subject, "site", ""))["site"] = level
        yield changed


def _apply(case: dict, graded: Graded, need: Need) -> None:
    subject, concept = need.subject, need.concept
    if concept == "ortho-headache":
        case["facts"][concept] = need.wanted
    elif concept in ("csf-pressure", "posture"):
        name, value = ("value", "50") if concept == "csf-pressure" else ("posture", "supine")
        for entry in case["pressures"]:
            entry.setdefault(name, value)
    elif subject.lesion is not None:
        _lesion_of(case, graded, need)[concept] = need.wanted
    else:
        for exam in _exams_of(case, graded, need):
            if concept in ("dural-enhance", *DETAILS):
                dural = exam.setdefault("dural-enhance", {"state": "not-assessed"})
                dural["state" if concept == "dural-enhance" else concept] = need.wanted
            else:
                exam[concept] = need.wanted


def _exams_of(case: dict, graded: Graded, need: Need) -> list[dict]:
    if need.subject.exam is None:  # herniation, Chiari: of all brain MRIs
        return [e for e in case["exams"] if e["kind"] == "brain-mri"]
    groups = graded.case.exams[need.subject.exam].groups
    return [e for e in case["exams"] if e["group"] in groups]


def _lesion_of(case: dict, graded: Graded, need: Need) -> dict:
    exam = graded.case.exams[need.subject.exam]
    index = need.subject.lesion
    uid = exam.lesions[index].uid if index >= 0 else f"{exam.groups[0]}.unstated"
    for lesion in case["lesions"]:
        if lesion["uid"] == uid:
            return lesion
    added = {"exam": exam.kind, "group": exam.groups[0], "uid": uid, "date": exam.dates[0]}
    case["lesions"].append({**added, LESION_OF[exam.kind]: "not-assessed"})
    return case["lesions"][-1]
