"""A check of vectors as text, JUnit XML, HTML and JSON.

Source: the JUnit XML that build servers read (testsuite, testcase, failure).
"""

import json
from html import escape
from xml.etree import ElementTree

from adapter.vectors.check import MISSING, PASSED, Check, Report

_STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto}td,th{text-align:left;"
    "padding:.2em .6em;vertical-align:top}.failed,.no.result{background:#fdd}"
)


def text(report: Report) -> str:
    """Return what failed, and the rules that the failures point at."""
    lines = [f"{c.id} ({c.format}): {c.status}: {c.text or c.title}" for c in report.failed]
    if report.suspects:
        lines.append(f"the failures point at: {', '.join(report.suspects)}")
    passed = len(report.checks) - len(report.failed)
    lines.append(f"{passed} of {len(report.checks)} vectors pass")
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """Return the whole report as JSON."""
    rows = [
        {"id": c.id, "title": c.title, "format": c.format, "status": c.status, "text": c.text,
         "rules": sorted(c.pointed)}
        for c in report.checks
    ]  # fmt: skip
    made = {"passed": len(report.checks) - len(report.failed), "failed": len(report.failed),
            "suspects": list(report.suspects), "vectors": rows}  # fmt: skip
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def junit(report: Report) -> str:
    """Return the report as JUnit XML: one test case a vector and format."""
    suite = ElementTree.Element(
        "testsuite",
        name="csfleak vectors",
        tests=str(len(report.checks)),
        failures=str(sum(c.status not in (PASSED, MISSING) for c in report.checks)),
        errors=str(sum(c.status == MISSING for c in report.checks)),
    )
    for one in report.checks:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"vectors.{one.format}", name=f"{one.id}: {one.title}"
        )
        if one.status != PASSED:
            kind = "error" if one.status == MISSING else "failure"
            told = ElementTree.SubElement(case, kind, message=one.text or one.status)
            told.text = f"rules: {', '.join(sorted(one.pointed))}"
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def html(report: Report) -> str:
    """Return the report as one page."""
    head = f"{len(report.checks) - len(report.failed)} of {len(report.checks)} vectors pass"
    suspects = ", ".join(report.suspects)
    told = f"<p>The failures point at: <b>{escape(suspects)}</b></p>" if suspects else ""
    rows = "".join(map(_row, sorted(report.checks, key=lambda c: c.status == PASSED)))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>Vectors: {escape(head)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(head)}</h1>{told}<table><thead><tr><th>vector</th><th>format</th>"
        "<th>status</th><th>what differs</th><th>rules</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></body></html>\n"
    )


def _row(one: Check) -> str:
    rules = ", ".join(sorted(one.pointed))
    cells = (f"{one.id}: {one.title}", one.format, one.status, one.text, rules)
    inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{escape(one.status)}">{inner}</tr>'


WRITERS = {".json": as_json, ".xml": junit, ".html": html}
"""File-name ending to the form of a report."""
