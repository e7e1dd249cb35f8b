"""The pages of the documentation as what a test can run: blocks of commands, code and outputs.

A ```sh block is run by a shell, a ```python block in the page's own namespace, each in order; a
```text block that follows directly is what has to be printed, ``…`` standing for anything. A block
that cannot be run (a server, a program of others) has ``<!-- not run: why -->`` above it.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

FENCE = re.compile(
    r"(?:^ *<!-- not run: (?P<why>[^\n]+) -->\n+)?"
    r"^(?P<indent> *)```(?P<kind>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
EXIT_CODE = re.compile(r"#.*\bexit code (\d)")


@dataclass(frozen=True)
class Block:
    """One block of a page: its line, kind and text, why it is not run, and what it prints."""

    line: int
    kind: str
    text: str
    why: str = ""
    output: str | None = None


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page in order, each with the ``text`` block right below it."""
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(page):
        line = page.count("\n", 0, match.start("kind")) + 1
        follows = found and not page[end : match.start()].strip()
        if match["kind"] == "text" and follows and found[-1].kind in ("sh", "python"):
            last = found.pop()
            found.append(Block(last.line, last.kind, last.text, last.why, dedent(match["text"])))
        else:
            found.append(Block(line, match["kind"], dedent(match["text"]), match["why"] or ""))
        end = match.end()
    return found


def script(text: str) -> str:
    """Return a block for ``bash``: it ends at the first line that ends otherwise than it says."""
    lines = ["set -e -o pipefail"]
    for line in text.replace("\\\n", " ").splitlines():
        said = EXIT_CODE.search(line)
        command = line[: said.start()].strip() if said else line
        lines.append(
            f"rc=0; {command} || rc=$?; [ $rc -eq {said[1]} ]" if said and said[1] != "0" else line
        )
    return "\n".join(lines) + "\n"


def differs(said: str, printed: str) -> str:
    """Return the first line of `said` that `printed` does not have in order; empty if it has all.

    A line ``…`` skips lines, an ``…`` within a line any characters.
    """
    rest = printed.splitlines()
    skipping = False
    for line in said.splitlines():
        if line.strip() == "…":
            skipping = True
            continue
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        places = range(len(rest)) if skipping else range(min(1, len(rest)))
        at = next((n for n in places if pattern.fullmatch(rest[n].rstrip())), None)
        if at is None:
            return line or "(a blank line)"
        rest, skipping = rest[at + 1 :], False
    return "" if skipping or not "".join(rest).strip() else f"(more is printed: {rest[0]})"


def shown(path: Path) -> str:
    """Return a page."""
    return path.read_text(encoding="utf-8")
