"""What the site does to a page beside building it: a page that is named becomes a link.

Pages name each other as ``docs/report-life.md``, which a reader of the files can open; in the site
the name leads there. Code blocks are left alone.
"""

import re

_NAMED = re.compile(r"(?<!\[)`docs/([\w-]+\.md)`|\bdocs/([\w-]+\.md)\b(?!`)")
_FENCE = re.compile(r"^(```.*?^```)", re.MULTILINE | re.DOTALL)


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return a page with each named page as a link; mkdocs calls this."""
    parts = _FENCE.split(markdown)
    return "".join(p if p.startswith("```") else _NAMED.sub(_link, p) for p in parts)


def _link(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    return f"[{name}]({name})"
