"""A graded case to the grade items of groups, the conclusions, and the algorithm's identity.

Source: contract section 3 (The conclusion); DICOM PS3.16 TID 4019.
"""

from collections.abc import Iterator, Mapping

from adapter.model import Conclusion, Finding, Graded
from adapter.sr.content import Item
from adapter.writers import text
from adapter.writers.dicom_sr import items
from adapter.writers.dicom_sr.groups import Grades
from adapter.writers.dicom_sr.items import MODIFIER, Codes
from adapter.writers.versions import lacking

NAME = "csfleak-adapter"
_CONCEPTS = {"csf-leak": "csf-leak-concl", "intracranial-hypotension": "hypotens-concl"}


def grades(graded: Graded, codes: Codes) -> Grades:
    """Return a function to the grade items of a lesion's or dural enhancement's group."""
    by_subject: dict[tuple[int | None, int | None], dict[str, Finding]] = {}
    for finding in graded.findings:
        of = (finding.subject.exam, finding.subject.lesion)
        by_subject.setdefault(of, {}).setdefault(finding.concept, finding)

    def found(exam: int, lesion: int | None, concept: str) -> tuple[Item, ...]:
        known = by_subject.get((exam, lesion), {})
        # A floating dural sac and a fluid signal of one lesion have one grade.
        finding = known.get(concept) or (
            next(iter(known.values()), None) if lesion is not None else None
        )
        if finding is None:
            return ()
        return tuple(
            _grade("finding-grade", finding.established.value, finding.possible.value, codes)
        )

    return found


def conclusions(graded: Graded, codes: Codes) -> Iterator[Item]:
    """Yield each conclusion: its grade, the possible one where it differs, the Japanese text.

    What the inputs lack comes first, as a code: who reads this report back is told again.
    """
    for name in lacking(graded.case):
        yield items.coded(codes(name), codes("present"))
    for at, conclusion in enumerate(graded.conclusions):
        name = _CONCEPTS[conclusion.condition]
        yield from _grade(name, conclusion.established, conclusion.possible, codes)
        yield items.text(codes(name), _text(graded, conclusion, codes, last=at == _last(graded)))


def _last(graded: Graded) -> int:
    return len(graded.conclusions) - 1


def _grade(name: str, established: str, possible: str, codes: Codes) -> Iterator[Item]:
    yield items.coded(codes(name), codes(established))
    if possible != established:
        yield items.coded(codes("possible-grade"), codes(possible))


def _text(graded: Graded, conclusion: Conclusion, codes: Codes, *, last: bool) -> str:
    """Return a conclusion in words; the report's notes stand below the last."""
    lines = [text.summary(graded, conclusion, codes.terms, "ja")]
    if last:
        lines += (f"付記: {note}" for note in text.notes(graded, codes.terms, "ja"))
        lines.append(text.pick(text.UNSIGNED, "ja"))
    words = "\n".join(lines)
    # Our own punctuation, not an input's: the range dash of T1–T3 is in no Japanese set of old.
    return words.replace("–", "-") if codes.old else words


def algorithm(policy: Mapping[str, str | int], version: str, codes: Codes) -> Iterator[Item]:
    """Yield TID 4019: name, version, the policy as parameters, the criteria as family."""
    yield items.text(codes("algorithm-name"), NAME, MODIFIER)
    yield items.text(codes("algorithm-version"), version, MODIFIER)
    for name in sorted(policy):
        yield items.text(codes("algorithm-parameters"), f"{name}={policy[name]}", MODIFIER)
    yield items.coded(codes("algorithm-family"), codes("criteria-2011"), MODIFIER)
