"""A graded case in words, Japanese and English: what every output that people read is made of.

The Japanese grade is the authority and is always shown. Source: criteria section 5.
"""

from collections.abc import Iterator
from typing import Any

from adapter import sites
from adapter.model import (
    Conclusion,
    Fact,
    Graded,
    Missing,
    Need,
    Note,
    Site,
    Step,
    Subject,
    Truth,
    Used,
)
from adapter.terms import Terms

CONDITION_NAMES = {
    "csf-leak": ("脳脊髄液漏出症", "CSF leak"),
    "intracranial-hypotension": ("低髄液圧症", "Intracranial hypotension"),
}
_WANTED = {
    "same-level": ("他方の所見と同じレベル", "at the level of the other finding"),
    "cervical-thoracic": ("頸椎または胸椎のレベル", "at a cervical or thoracic level"),
    "at-most-60": ("60 mmH2O以下", "at most 60 mm H2O"),
    "supine-or-lateral": ("仰臥位または側臥位", "supine or lateral decubitus"),
}
_WHY = {
    "contradiction": ("矛盾する記載", "stated in contradicting ways"),
    "nothing-else": ("その他の異常所見なし、による", "by: no other abnormal finding"),
    "without-contrast": ("造影剤なしの検査", "the exam was made without contrast"),
}
_SIDES = {"left": ("左", "left"), "right": ("右", "right"), "bilateral": ("両側", "bilateral")}
SHOWN = 5
UNSIGNED = (
    "診断支援の結果であり、医師の確認・署名までは未確定である",
    "Decision support: unverified until a physician signs",
)


def pick(pair: tuple[str, str], lang: str) -> str:
    """Return the Japanese or the English of a pair."""
    return pair[1] if lang == "en" else pair[0]


def label(name: str, terms: Terms, lang: str) -> str:
    """Return a term's label; the name itself where it is no term."""
    term = terms.terms.get(name)
    if term is None:
        return name
    return term.en if lang == "en" else term.ja


def grade(code: str, terms: Terms, lang: str) -> str:
    """Return a grade for people: 確実, or ``確実 (Definite)`` in English."""
    japanese = label(code, terms, "ja")
    return f"{japanese} ({label(code, terms, 'en')})" if lang == "en" else japanese


def condition(conclusion: Conclusion, lang: str) -> str:
    """Return the condition's name."""
    return pick(CONDITION_NAMES[conclusion.condition], lang)


def subject(graded: Graded, of: Subject, terms: Terms, lang: str) -> str:
    """Return what a fact is of: exam and date, a lesion's site and side; empty for a patient."""
    if of.exam is None:
        return ""
    exam = graded.case.exams[of.exam]
    words = label(exam.method, terms, lang)
    if exam.dates:
        words = f"{words} {exam.dates[0][:10]}"
    if of.lesion is None:
        return words
    if of.lesion < 0:
        return f"{words}, {'lesion not stated' if lang == 'en' else '記載のない病変'}"
    lesion = exam.lesions[of.lesion]
    words = f"{words}, {site(lesion.site, terms, lang)}"
    return f"{words}, {pick(_SIDES[lesion.laterality], lang)}" if lesion.laterality else words


def site(of: Site | None, terms: Terms, lang: str) -> str:
    """Return a site in words; that it is not stated where it is not."""
    words = {n.name: label(n.name, terms, lang) for n in of.named} if of and of.named else None
    return sites.label(of, words) or ("site not stated" if lang == "en" else "部位の記載なし")


def need(graded: Graded, one: Need, terms: Terms, lang: str) -> str:
    """Return one missing fact, and how it would have to be."""
    wanted = pick(_WANTED[one.wanted], lang) if one.wanted in _WANTED else label(
        one.wanted, terms, lang
    )  # fmt: skip
    concept = pick(("部位", "site"), lang) if one.concept == "site" else label(
        one.concept, terms, lang
    )  # fmt: skip
    of = subject(graded, one.subject, terms, lang)
    if lang == "en":
        return f"{concept}{f' ({of})' if of else ''}: {wanted.lower()}"
    return f"{concept}{f'({of})' if of else ''}が「{wanted}」"


def missing(graded: Graded, one: Missing, terms: Terms, lang: str) -> str:
    """Return what would bring a grade, as one sentence without a full stop."""
    needs = [need(graded, n, terms, lang) for n in one.needs]
    if lang == "en":
        return f"{grade(one.grade, terms, lang)} if {'; '.join(needs)}"
    return f"{'、'.join(needs)}なら『{grade(one.grade, terms, lang)}』"


def reason(graded: Graded, conclusion: Conclusion, terms: Terms, lang: str) -> str:
    """Return the strongest reason of a conclusion in one line."""
    step = conclusion.trail[0]
    words = pick((step.ja, step.en), lang)
    children = [s for s in step.steps if s.truth is Truth.HOLDS] if _graded(step) else []
    if not children:
        return words
    parts = dict.fromkeys(
        f"{pick((s.ja, s.en), lang)} [{subject(graded, s.subject, terms, lang)}]" for s in children
    )
    return f"{words}: {'; '.join(parts)}"


def _graded(step: Step) -> bool:
    return step.truth is Truth.HOLDS


def note(one: Note, lang: str) -> str:
    """Return a caution or note, with the number of the open point it rests on."""
    mark = f" (◇{one.text_open})" if one.text_open else ""
    return pick((one.ja, one.en), lang) + mark


def notes(graded: Graded, terms: Terms, lang: str) -> tuple[str, ...]:
    """Return the report's notes."""
    return tuple(note(n, lang) for n in graded.notes)


def headline(conclusion: Conclusion, terms: Terms, lang: str) -> str:
    """Return the conclusion in one line: condition, grade, and the highest still possible."""
    name, code = condition(conclusion, lang), grade(conclusion.established, terms, lang)
    words = f"{name}: {code}" if lang == "en" else f"{name}『{code}』"
    marks = []
    if conclusion.provisional:
        marks.append(pick(("暫定", "provisional"), lang))
    if conclusion.incomplete:
        marks.append(
            pick(("入力不完全", "incomplete: an input, or part of one, could not be used"), lang)
        )
    if conclusion.possible != conclusion.established:
        possible = grade(conclusion.possible, terms, lang)
        marks.append(pick((f"取り得る最高: {possible}", f"could be up to {possible}"), lang))
    return words + (f" ({', '.join(marks)})" if marks else "")


def summary(graded: Graded, conclusion: Conclusion, terms: Terms, lang: str) -> str:
    """Return the text of one conclusion: grade, reason, what is missing, cautions.

    Of many ways to a higher grade the `SHOWN` with the fewest facts are named, the others counted.
    """
    lines = [headline(conclusion, terms, lang)]
    lines.append(f"{pick(('根拠', 'Reason'), lang)}: {reason(graded, conclusion, terms, lang)}")
    lines += [
        f"{pick(('不足', 'Missing'), lang)}: {missing(graded, m, terms, lang)}"
        for m in conclusion.missing[:SHOWN]
    ]
    if len(conclusion.missing) > SHOWN:
        more = len(conclusion.missing) - SHOWN
        lines.append(pick((f"不足: ほか{more}通り", f"Missing: {more} more ways"), lang))
    lines += [f"{pick(('注意', 'Caution'), lang)}: {note(c, lang)}" for c in conclusion.cautions]
    return "\n".join(lines)


Told = dict[object, Any]
"""What was told before of one graded case in one language: lines of steps by the step's identity,
subjects by themselves.
"""


def trail(
    graded: Graded, conclusion: Conclusion, terms: Terms, lang: str, told: Told | None = None
) -> list[str]:
    """Return the trail as indented lines: step, facts with states, and where each stands."""
    steps = (step_lines(graded, step, terms, lang, told) for step in conclusion.trail)
    return [line for lines in steps for line in lines]


def step_lines(
    graded: Graded, step: Step, terms: Terms, lang: str, told: Told | None = None
) -> list[str]:
    """Return one step and what it rests on as indented lines.

    `told` keeps the lines of a graded case in one language: a finding's steps stand in the
    conclusions' trails, too.
    """
    told = {} if told is None else told
    known: list[str] | None = told.get(id(step))
    if known is not None:
        return known
    mark = "".join([f" ◇{n}" for n in step.text_open])
    of = _subject(graded, step.subject, terms, lang, told)
    words = step.en if lang == "en" else step.ja
    head = f"{grade(step.grade, terms, lang)}  {words}  [{step.rule}, {step.section}{mark}]"
    lines = [f"{head}  {of}" if of else head]
    lines += [f"  {_used(graded, step, used, terms, lang, told)}" for used in step.used]
    for child in step.steps:
        lines += [f"  {line}" for line in step_lines(graded, child, terms, lang, told)]
    told[id(step)] = lines
    return lines


def _subject(graded: Graded, of: Subject, terms: Terms, lang: str, told: Told) -> str:
    known: str | None = told.get(of)
    if known is None:
        known = told[of] = subject(graded, of, terms, lang)
    return known


def _used(graded: Graded, step: Step, used: Used, terms: Terms, lang: str, told: Told) -> str:
    fact = used.fact
    is_other = used.subject != step.subject
    of = _subject(graded, used.subject, terms, lang, told) if is_other else ""
    if fact.concept == "site":
        concept = "site" if lang == "en" else "部位"
        said = site(_lesion_site(graded, used.subject), terms, lang)
    else:
        concept = label(fact.concept, terms, lang)
        said = state(fact, terms, lang, used.as_read)
    where = "; ".join(dict.fromkeys(places(fact))) if fact.statements else ""
    return (
        f"{concept} ({of}): {said}{where and '   ' + where}"
        if of
        else (f"{concept}: {said}{where and '   ' + where}")
    )


def _lesion_site(graded: Graded, of: Subject) -> Site | None:
    if of.exam is None or of.lesion is None or of.lesion < 0:
        return None
    return graded.case.exams[of.exam].lesions[of.lesion].site


def state(fact: Fact, terms: Terms, lang: str, as_read: bool = False) -> str:
    """Return how a fact stands, in words: state or coded value, and why."""
    if as_read:
        return "not stated, counts as read" if lang == "en" else "記載なし(読影済みとみなす)"
    if fact.concept == "csf-pressure" and fact.value:
        return " ".join(label(word, terms, lang) for word in fact.value.split(" "))
    if fact.value is not None:
        words = label(fact.value, terms, lang)
    elif fact.state is None:
        return pick(("記載なし", "not stated"), lang)
    elif fact.state.code == "not-assessed":
        reasons = {s.reason for s in fact.statements if s.reason}
        words = pick(("評価なし", "not assessed"), lang)
        words += f" ({', '.join(sorted(reasons))})" if reasons else ""
    else:
        words = label(fact.state.code, terms, lang)
    why = _WHY.get(fact.why)
    return f"{words} ({pick(why, lang)})" if why else words


def places(fact: Fact) -> Iterator[str]:
    """Yield where each statement of a fact stands: file, and item or element path."""
    for said in fact.statements:
        yield f"{said.source.document} {said.source.path}".strip()
