"""Rows and words to Markdown, as GitHub and Python-Markdown both read it."""

import re
from collections.abc import Iterable, Sequence

MADE = "<!-- Made by `python -m docs.site` from the tables that the code uses: do not edit. -->"


def page(title: str, *parts: str) -> str:
    """Return a page: its title, the note that it is made, its parts."""
    return "\n\n".join((f"# {title}", MADE, *(part.strip("\n") for part in parts if part))) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; an empty text where there are no rows."""
    made = [_row(row) for row in rows]
    if not made:
        return ""
    return "\n".join((_row(head), "| " + " | ".join("---" for _ in head) + " |", *made))


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(_cell(str(cell)) for cell in cells) + " |"


def _cell(text: str) -> str:
    """Return a cell: no bar ends it early, and nothing in it is taken for HTML but code."""
    shown = re.sub(r"<(?!/?code>)", "&lt;", text.replace("|", "&#124;"))
    return shown.replace("\n", " ").strip() or " "


def code(text: str) -> str:
    """Return a text as code, which a cell of a table may hold; nothing for an empty one."""
    if "|" in text:  # no escape is read alike by all in code between backticks
        return f"<code>{text}</code>"
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Return several texts as code, by commas."""
    return ", ".join(code(text) for text in texts)


def bullets(lines: Iterable[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {line}" for line in lines)
