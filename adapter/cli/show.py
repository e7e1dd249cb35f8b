"""Graded cases on the screen: ``grade`` and ``explain``."""

import argparse
import json
import sys
from collections.abc import Iterator

from adapter import pipeline
from adapter.cli import settings
from adapter.model import Exam, Graded
from adapter.pipeline import Outcome
from adapter.terms import Terms
from adapter.writers import text
from adapter.writers.result import result

_SEVERITIES = ("error", "warning", "information")


def run_grade(options: argparse.Namespace) -> int:
    """Print the conclusions; return 1 where an input was refused."""
    outcome = _outcome(options)
    if options.format == "json":
        print(json.dumps(result(outcome.graded, outcome.terms), ensure_ascii=False, indent=1))
    else:
        print("\n".join(conclusions(outcome.graded, outcome.terms, options.lang)))
    return _told(outcome, options)


def run_explain(options: argparse.Namespace) -> int:
    """Print every finding and conclusion with what it rests on; return 1 as `run_grade`."""
    outcome = _outcome(options)
    print("\n".join(explanation(outcome.graded, outcome.terms, options.lang)))
    return _told(outcome, options)


def _outcome(options: argparse.Namespace) -> Outcome:
    return pipeline.grade(
        settings.sources(options.inputs, options.settings), settings.options(options)
    )


def _told(outcome: Outcome, options: argparse.Namespace) -> int:
    tell(outcome, quiet=options.quiet, verbose=options.verbose)
    return exit_code(outcome)


def exit_code(outcome: Outcome) -> int:
    """Return 1 where an input, or an entry of one, was refused."""
    errors = any(i.severity == "error" for i in outcome.graded.case.issues)
    return 1 if outcome.refused or errors else 0


def tell(outcome: Outcome, *, quiet: bool, verbose: bool) -> None:
    """Print issues and inputs that were not used on stderr."""
    for one in outcome.graded.case.inputs:
        if one.status != "used":
            print(f"{one.name}: {one.status}: {one.reason}", file=sys.stderr)
    shown = _SEVERITIES if verbose else _SEVERITIES[:1] if quiet else _SEVERITIES[:2]
    for issue in outcome.graded.case.issues:
        if issue.severity in shown:
            where = " ".join(w for w in (issue.document, issue.expression) if w)
            print(f"{where}: {issue.severity}: {issue.code}: {issue.diagnostics}", file=sys.stderr)
    unmapped = sum(i.code == "not-mapped" for i in outcome.graded.case.issues)
    if unmapped and not quiet:
        print(f"{unmapped} codes not mapped; --mappings teaches them", file=sys.stderr)


def conclusions(graded: Graded, terms: Terms, lang: str) -> Iterator[str]:
    """Yield the lines of ``csfleak grade``."""
    for conclusion in graded.conclusions:
        yield from text.summary(graded, conclusion, terms, lang).split("\n")
        yield from ("  " + line for line in text.trail(graded, conclusion, terms, lang))
        yield ""
    yield from _frame(graded, terms, lang)


def explanation(graded: Graded, terms: Terms, lang: str) -> Iterator[str]:
    """Yield the lines of ``csfleak explain``: findings, conclusions, notes, what was not said."""
    for finding in graded.findings:
        of = text.subject(graded, finding.subject, terms, lang)
        grades = text.grade(finding.established.value, terms, lang)
        if finding.possible is not finding.established:
            possible = text.grade(finding.possible.value, terms, lang)
            grades += f" → {possible}"
        yield f"{text.label(finding.concept, terms, lang)}  {of}: {grades}"
        for step in finding.trail:
            yield from ("  " + s for s in text.step_lines(graded, step, terms, lang))
        for one in finding.missing:
            yield f"  {text.pick(('不足', 'Missing'), lang)}: " + text.missing(
                graded, one, terms, lang
            )
        for caution in finding.cautions:
            yield f"  {text.pick(('注意', 'Caution'), lang)}: {text.note(caution, lang)}"
        if finding.not_documented:
            names = ", ".join(text.label(c, terms, lang) for c in finding.not_documented)
            words = text.pick(("除外の記載なし", "Not documented, counts as read"), lang)
            yield f"  {words}: {names}"
        yield ""
    yield from conclusions(graded, terms, lang)
    yield from text.notes(graded, terms, lang)


def _frame(graded: Graded, terms: Terms, lang: str) -> Iterator[str]:
    """Yield exams, interval, policy, versions, and what the result is."""
    for exam in graded.case.exams:
        yield f"{text.pick(('検査', 'Exam'), lang)}: {_exam(exam, terms, lang)}"
    if graded.not_given:
        kinds = ", ".join(text.label(k, terms, lang) for k in graded.not_given)
        yield f"{text.pick(('記載のない検査', 'Exams not given'), lang)}: {kinds}"
    if graded.interval is not None:
        days = text.pick((f"{graded.interval}日", f"{graded.interval} days"), lang)
        yield f"{text.pick(('検査の最長間隔', 'Longest interval'), lang)}: {days}"
    policy = " ".join(f"{name}={value}" for name, value in graded.policy.items())
    yield f"{text.pick(('方針', 'Policy'), lang)}: {policy}"
    versions = graded.versions
    yield (
        f"{text.pick(('基準', 'Criteria'), lang)} {versions['criteria']}, "
        f"csfleak-adapter {versions.get('software', '')}, "
        f"mappings {versions.get('mappings', '')[:12]}"
    )
    yield text.pick(text.UNSIGNED, lang)


def _exam(exam: Exam, terms: Terms, lang: str) -> str:
    words = (text.label(exam.method, terms, lang), *exam.dates, *exam.institutions)
    return ", ".join(words)
