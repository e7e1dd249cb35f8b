"""A graded case to the narrative of its report: XHTML that shows what the resources say.

Everything from an input is escaped. Source: FHIR R4 Narrative (the div's namespace, no scripts).
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

from adapter.model import Graded
from adapter.writers import text
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.values import Json
from adapter.writers.fhir.words import Words

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WORDS = {
    "exams": ("検査", "Examinations"),
    "findings": ("所見", "Findings"),
    "notes": ("注記", "Notes"),
    "told": ("使用しなかった記載など", "What was not used, and other messages"),
}


def narrative(output: Output, graded: Graded, words: Words) -> Json:
    """Return the Narrative of the report, generated from its data alone."""
    body = "".join(_body(output, graded, words))
    lang = output.options.lang
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="{lang}" lang="{lang}">'
        f"{body}</div>",
    }


def _body(output: Output, graded: Graded, words: Words) -> Iterator[str]:
    lang = output.options.lang
    for index in range(len(graded.conclusions)):
        yield from _conclusion(words, index)
    yield from _list("exams", _exams(output), lang)
    yield from _list("findings", _findings(output, graded), lang)
    yield from _list("notes", words.notes[lang], lang)
    yield from _list("told", (f"{i.code}: {i.diagnostics}" for i in graded.case.issues), lang)
    if output.options.verified_by is None:
        yield f"<p><em>{xhtml(text.pick(text.UNSIGNED, lang))}</em></p>"


def _conclusion(words: Words, index: int) -> Iterator[str]:
    yield f"<h3>{xhtml(words.headlines[index])}</h3>"
    lines = words.summaries[words.lang][index].split("\n")[1:]
    yield f"<p>{'<br/>'.join(xhtml(line) for line in lines)}</p>"
    yield f"<pre>{xhtml(words.trails[index])}</pre>"


def _exams(output: Output) -> Iterator[str]:
    lang = output.options.lang
    for exam in output.case.exams:
        words = [text.label(exam.method, output.terms, lang), ", ".join(exam.dates)]
        yield " / ".join(w for w in (*words, ", ".join(exam.institutions)) if w)


def _findings(output: Output, graded: Graded) -> Iterator[str]:
    lang = output.options.lang
    for finding in graded.findings:
        of = text.subject(graded, finding.subject, output.terms, lang)
        concept = text.label(finding.concept, output.terms, lang)
        grade = text.grade(finding.established.code, output.terms, lang)
        possible = text.grade(finding.possible.code, output.terms, lang)
        yield f"{of}: {concept}: {grade}" + (f" (→ {possible})" if possible != grade else "")


def _list(title: str, lines: Iterable[str], lang: str) -> Iterator[str]:
    items = "".join(f"<li>{xhtml(line)}</li>" for line in lines)
    if items:
        yield f"<h4>{text.pick(_WORDS[title], lang)}</h4><ul>{items}</ul>"


def xhtml(words: str) -> str:
    """Return text as it may stand in XHTML; what XML cannot hold becomes U+FFFD."""
    return escape(_NO_XML.sub("\ufffd", words))
