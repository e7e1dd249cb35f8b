"""Cautions on findings and conclusions.

Words in Japanese and English; none changes a grade. Source: criteria sections 1, 3 and 6.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from adapter import sites
from adapter.criteria.evidence import Given
from adapter.criteria.pressure import straddles
from adapter.model import Case, Fact, Finding, Grade, Lesion, Note, State, Statement, Subject

SIX_MONTHS = 6

_READING = {
    "bad-position": ("体位不良", "incorrect position"),
    "scoliosis": ("側湾症", "scoliosis"),
    "single-display": ("単一の表示条件での読影", "read at one display setting only"),
}


def _present(facts: Mapping[str, Fact], concept: str) -> bool:
    fact = facts.get(concept)
    return fact is not None and fact.state is State.PRESENT


def lesion_cautions(exam: Given, lesion: Lesion, finding: Finding) -> tuple[tuple[Note, ...], bool]:
    """Return the cautions on a lesion's finding, and whether its grade is provisional."""
    if finding.possible is Grade.NONE:
        return (), False
    by_kind = {
        "spinal-mri": _mri_cautions,
        "ri-cisternogram": _ri_cautions,
    }.get(exam.exam.kind)
    notes = list(by_kind(exam, lesion, finding)) if by_kind else []
    provisional = exam.exam.kind == "ri-cisternogram" and any(
        _present(exam.facts, concept) for concept in _READING
    )
    return tuple(notes), provisional


def _mri_cautions(exam: Given, lesion: Lesion, finding: Finding) -> Iterator[Note]:
    subject = finding.subject
    yield from without_contrast(lesion.facts.get("enhancement"), subject)
    if _present(lesion.facts, "enhancement"):
        yield Note(
            code="enhancing-lesion",
            ja="造影される病変であり、静脈叢は否定されない",
            en="The lesion enhances: a venous plexus is not ruled out",
            text_open=1,
            subject=subject,
        )
    if _present(lesion.facts, "float-dural-sac"):
        yield Note(
            code="floating-dural-sac",
            ja="floating dural sac signは2011年の基準の文言にはなく、水信号病変として判定した",
            en="The floating dural sac sign is not in the 2011 text; graded as fluid signal",
            text_open=2,
            subject=subject,
        )
    levels = sites.covered(lesion.site)
    if levels and levels <= sites.C1_C2:
        yield Note(
            code="c1-c2",
            ja="C1–C2レベルの水信号は漏出部位を示さないことが知られている",
            en="Fluid at C1–C2 is a known false localising sign",
            text_open=2,
            subject=subject,
        )


def without_contrast(fact: Fact | None, subject: Subject) -> Iterator[Note]:
    """Yield the caution on a statement on enhancement in an exam made without contrast."""
    if fact is not None and fact.why == "without-contrast":
        yield Note(
            code="without-contrast",
            ja="造影剤を使用していない検査に造影の有無が記載されている: 判定に用いない",
            en="Enhancement is stated of an exam made without contrast: not taken",
            subject=subject,
        )


def _ri_cautions(exam: Given, lesion: Lesion, finding: Finding) -> Iterator[Note]:
    subject = finding.subject
    pattern = lesion.facts.get("ri-pattern")
    value = pattern.value if pattern is not None else None
    levels = sites.covered(lesion.site)
    inside = levels & sites.CERVICAL_THORACIC
    if value == "symmetric" and inside and levels - inside:
        yield Note(
            code="thoracolumbar-border",
            ja="対称性集積が腰椎レベルに及ぶ",
            en="The symmetric accumulation reaches the lumbar levels",
            text_open=4,
            subject=subject,
        )
    if value == "christmas-tree" and inside:
        yield Note(
            code="christmas-tree-level",
            ja="クリスマスツリー所見が頸椎・胸椎レベルに記載されている: 矛盾",
            en="The Christmas-tree sign is stated at a cervical or thoracic level: a contradiction",
            subject=subject,
        )
    for concept, (ja, en) in _READING.items():
        if _present(exam.facts, concept):
            yield Note(
                code=concept,
                ja=f"{ja}: 判定は暫定",
                en=f"{en}: the grade is provisional",
                text_open=6,
                subject=subject,
            )
    if _present(exam.facts, "tech-failure"):
        yield Note(
            code="ri-technical-failure",
            ja="手技の不成功が記載されている",
            en="Technical failure is documented",
            text_open=7,
            subject=subject,
        )


def side_caution(one: Lesion, other: Lesion, subject: Subject) -> tuple[Note, ...]:
    """Return the caution on two lesions of opposite sides at a shared level."""
    if {one.laterality, other.laterality} != {"left", "right"}:
        return ()
    return (
        Note(
            code="opposite-sides",
            ja="同じレベルだが左右が異なる",
            en="Same level, opposite sides",
            text_open=13,
            subject=subject,
        ),
    )


def hypotension_cautions(case: Case, exams: Sequence[Given], established: str) -> Iterator[Note]:
    """Yield the cautions on the hypotension conclusion."""
    if established in ("confirmed", "definite") and not _excluded_everywhere(exams):
        yield Note(
            code="herniation-chiari-not-excluded",
            ja="脳ヘルニアとキアリ奇形の除外が記載されていない",
            en="Herniation and Chiari malformation are not documented as excluded",
            text_open=10,
        )
    yield from _differing(exams)
    for statement in case.pressures:
        if straddles(statement.quantity):
            yield Note(
                code="pressure-precision",
                ja="髄液圧の記載桁では60 mmH2Oの前後を区別できない",
                en="The pressure's stated precision reaches both sides of 60 mm H2O",
            )
        if statement.quantity is not None and statement.quantity.unit == "mm CSF":
            yield Note(
                code="pressure-in-csf",
                ja="mm CSFをmmH2Oとして読んだ",
                en="A pressure in mm CSF was read as mm H2O",
            )


def _differing(exams: Sequence[Given]) -> Iterator[Note]:
    """Yield what is present in one brain MRI and absent in another: the presence counts."""
    for concept in sorted({c for e in exams for c in e.facts}):
        states = [e.facts[concept].state for e in exams if concept in e.facts]
        if State.PRESENT in states and State.ABSENT in states and concept != "contrast-given":
            yield Note(
                code="differs-between-exams",
                ja=f"{concept}: ある検査であり、別の検査でなし。ありを採る",
                en=f"{concept}: present in one exam, absent in another; the presence counts",
            )


def preliminary_caution(case: Case) -> Iterator[Note]:
    """Yield the caution on inputs that say they are preliminary."""
    names = [i.name for i in case.inputs if i.status == "used" and i.preliminary]
    if names:
        yield Note(
            code="preliminary-input",
            ja=f"確定前の入力に基づく({len(names)}件)",
            en=f"Rests on preliminary inputs ({len(names)})",
        )


def salvaged_caution() -> Note:
    """Return the caution on a conclusion from a document that was read in part."""
    return Note(
        code="salvaged",
        ja="破損した文書の読めた部分だけに基づく: 判定しない",
        en="Rests on what could be read of a damaged document: not graded",
    )


READING_CONDITIONS = tuple(_READING)


def _excluded_everywhere(exams: Sequence[Given]) -> bool:
    def absent(concept: str) -> bool:
        states = {e.facts[concept].state for e in exams if concept in e.facts}
        return State.ABSENT in states and not states & {State.PRESENT, State.INDETERMINATE}

    return absent("herniation") and absent("chiari")


def time_cautions(
    exams: Iterable[Given], others: Iterable[Statement], case: Case
) -> Iterator[Note]:
    """Yield the cautions on what lies between the exams (and measurements) of one condition."""
    exams = list(exams)
    dates = sorted(_days([d for e in exams for d in e.exam.dates] + [s.date for s in others]))
    if len(dates) > 1 and _months(dates[0], dates[-1]):
        yield Note(
            code="interval",
            ja=f"検査の間隔が6か月を超える({dates[0]}から{dates[-1]})",
            en=f"More than six months between exams ({dates[0]} to {dates[-1]})",
            text_open=14,
        )
    mri = sorted(_days([d for e in exams if e.exam.kind.endswith("mri") for d in e.exam.dates]))
    for statements, code, ja, en in (
        (case.punctures, "lumbar-puncture", "腰椎穿刺", "A lumbar puncture"),
        (case.patches, "blood-patch", "硬膜外自家血注入", "A blood patch"),
    ):
        events = _days([s.date for s in statements if s.state is State.PRESENT])
        for day in sorted(set(events)):
            if dates and dates[0] < day < dates[-1]:
                yield Note(
                    code=f"{code}-between",
                    ja=f"{ja}({day})が検査の間にある",
                    en=f"{en} ({day}) lies between the exams",
                )
            elif mri and mri[-1] >= day:
                yield Note(
                    code=f"mri-after-{code}",
                    ja=f"{ja}({day})以後のMRIである",
                    en=f"{en} ({day}) precedes an MRI",
                )


def interval(exams: Iterable[Given]) -> int | None:
    """Return the days between the first and the last exam; None with fewer than two dates."""
    days = sorted(_days([d for e in exams for d in e.exam.dates]))
    return (days[-1] - days[0]).days if len(days) > 1 else None


def _days(texts: Iterable[str | None]) -> list[date]:
    found = []
    for text in texts:
        try:
            found.append(date.fromisoformat((text or "")[:10]))
        except ValueError:
            continue  # a partial or missing date has no day
    return found


def _months(first: date, last: date) -> bool:
    """Return whether `last` lies more than six months after `first`."""
    month = first.month - 1 + SIX_MONTHS
    limit = (first.year + month // 12, month % 12 + 1, first.day)
    return (last.year, last.month, last.day) > limit
