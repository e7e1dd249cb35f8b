"""The notes of the report, given where they apply. Source: criteria section 5."""

from collections.abc import Sequence

from adapter.criteria.evidence import Given
from adapter.model import Case, Finding, Grade, Note


def report_notes(case: Case, exams: Sequence[Given], findings: Sequence[Finding]) -> list[Note]:
    """Return the notes the report gives where they apply, and the scope note."""
    kinds = {e.exam.kind for e in exams}
    dural = [f for f in findings if f.concept == "dural-enhance"]
    notes = []
    if case.withdrawn:
        notes.append(_NOTES["all-withdrawn" if case.is_void else "withdrawn"])
    if "brain-mri" in kinds and not any(f.established is not Grade.NONE for f in dural):
        notes.append(_NOTES["dural-may-be-missing"])
    if "spinal-mri" in kinds:
        notes.append(_NOTES["mri-sequences"])
    if "ri-cisternogram" in kinds:
        notes.append(_NOTES["ri-screening"])
    if "ct-myelography" in kinds:
        notes.append(_NOTES["ctm-reliable"])
    if any(f.concept == "subdural-effus" and f.established is not Grade.NONE for f in findings):
        notes.append(_NOTES["effusion-weak"])
    if any(f.concept == "venous-plexus" for f in findings):
        notes.append(_NOTES["venous-plexus"])
    if _discordant(findings):
        notes.append(_NOTES["discordant"])
    if case.narrative and not case.exams and not case.pressures:
        notes.append(_NOTES["narrative-only"])
    return [*notes, _NOTES["not-volume"], _NOTES["scope"]]


def _discordant(findings: Sequence[Finding]) -> bool:
    leaks = ("epi-fluid", "float-dural-sac", "ri-epidural", "ctm-epidural")
    by_exam: dict[int | None, list[Finding]] = {}
    for finding in (f for f in findings if f.concept in leaks and f.subject.lesion != -1):
        by_exam.setdefault(finding.subject.exam, []).append(finding)
    positive = {
        e for e, fs in by_exam.items()
        if any(f.established.rank >= Grade.SUSPECTED.rank for f in fs)
    }  # fmt: skip
    negative = {e for e, fs in by_exam.items() if all(f.possible is Grade.NONE for f in fs)}
    return bool(positive and negative)


def _note(code: str, ja: str, en: str, text_open: int | None = None) -> tuple[str, Note]:
    return code, Note(code=code, ja=ja, en=en, text_open=text_open)


_NOTES = dict((
    _note(
        "dural-may-be-missing",
        "硬膜の造影所見がなくても低髄液圧症は否定されない(時期により欠けうる。数週間後の再検が勧められる)",
        "No dural enhancement does not rule intracranial hypotension out: it may be missing at "
        "some stages, and repeating the exam some weeks later is advised",
    ),
    _note(
        "mri-sequences",
        "MRミエログラフィーのMIP像が陽性となることは少なく、脂肪抑制T2横断像と造影T1横断像の組合せが最も有用",
        "MR myelography MIP is rarely positive; fat-suppressed T2 axial with enhanced T1 axial "
        "images are the most useful",
    ),
    _note(
        "ri-screening",
        "RI脳槽シンチグラフィーはスクリーニングの検査であり、条件は標準化されていない",
        "Radionuclide cisternography is a screening exam without standard conditions",
    ),
    _note(
        "ctm-reliable",
        "CTミエログラフィーは手技の不成功が除かれれば最も信頼できるが、症例数は少ない",
        "CT myelography is the most reliable once technical failure is excluded, "
        "but few cases exist",
    ),
    _note(
        "effusion-weak",
        "硬膜下水腫は外傷や萎縮でも多く、単独では根拠として弱い",
        "Subdural effusion is common in trauma and atrophy, and weak alone",
    ),
    _note(
        "venous-plexus",
        "静脈叢の拡張は正中矢状断の脂肪抑制造影T1像で判断するもので、客観的な判定は難しい",
        "The venous plexus is judged on the midsagittal fat-suppressed enhanced T1 image and is "
        "hard to judge objectively",
    ),
    _note(
        "discordant",
        "検査の間で結果が一致しない: 陰性の検査は判定を下げない",
        "The exams disagree: a negative exam does not lower the grade", 2,
    ),
    _note(
        "all-withdrawn",
        "根拠となる所見の記載がすべて取り消されたため、この報告は取り消す(判定なし)",
        "Every statement of a finding was withdrawn: this report is withdrawn, and gives no grade",
    ),
    _note(
        "withdrawn",
        "取り消された所見の記載があり、それを除いて判定した",
        "Statements of findings were withdrawn: the conclusions do not rest on them",
    ),
    _note(
        "narrative-only",
        "記述文のみでコード化された所見がなく、判定できない",
        "Narrative text only, no coded finding: nothing can be graded",
    ),
    _note(
        "not-volume",
        "画像が示すのは漏出・低髄液圧・循環不全であり、髄液量の減少ではない",
        "Imaging shows leak, low pressure or circulation failure, not a reduced volume",
    ),
    _note(
        "scope",
        "髄液静脈瘻と神経根嚢の描出はこの基準の対象外",
        "CSF-venous fistula and root-sleeve filling are outside these criteria", 2,
    ),
))  # fmt: skip
