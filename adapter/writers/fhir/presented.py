"""A report's narrative to the HTML page that travels in it: ``DiagnosticReport.presentedForm``.

Source: FHIR R4 Attachment (size in bytes, hash the base64 of the SHA-1); IHE IMR asks for
``text/html``.
"""

import hashlib
from base64 import b64encode
from html import escape

from adapter.writers.fhir.values import Json, filled

_STYLE = "body{font-family:sans-serif;max-width:50em;margin:2em auto}pre{white-space:pre-wrap}"


def attachment(report: Json) -> Json:
    """Return the attachment of a DiagnosticReport that has a narrative: one HTML page."""
    title = report["code"].get("text", "")
    data = _page(report["text"]["div"], title, report["language"]).encode()
    return filled(
        contentType="text/html",
        language=report["language"],
        data=b64encode(data).decode(),
        size=len(data),
        hash=b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),
        title=title,
        creation=report.get("issued"),
    )


def _page(div: str, title: str, lang: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"/>'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{div}</body></html>\n"
    )
