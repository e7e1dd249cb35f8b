"""What the pages on reading SR say is so: tests they name exist, and nothing is left out."""

import re

import pytest

from tests.conftest import REPO
from tests.sr.test_attacks import ATTACKS

DOCS, TESTS = REPO / "docs", REPO / "tests"
READING = (DOCS / "reading-sr.md").read_text(encoding="utf-8")
LOCAL = sorted(p for f in ("bugs", "broken_sr") for p in (TESTS / f).glob("*.dcm"))


def section(title: str) -> str:
    """Return what stands below a heading, up to the next of its level."""
    return READING.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [line.replace(r"\|", "/").split("|")[1:-1] for line in lines if "---" not in line]


def functions() -> set[str]:
    """Return the names of all tests of the repository."""
    sources = (path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py"))
    return {name for text in sources for name in re.findall(r"^def (test_\w+)\(", text, re.M)}


def deviations_in_code() -> set[str]:
    """Return the ids of deviations that the decoder tells."""
    calls = re.compile(r'(?:tell|append|_mend)\(\s*\(?\s*"([a-z-]+)",')
    pairs = re.compile(r'0x[0-9A-F]{8}, "([a-z]+-missing)"\)')
    found: set[str] = set()
    for path in (REPO / "adapter" / "sr").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(calls.findall(text)) | set(pairs.findall(text))
    return found


def test_every_test_that_the_pages_name_exists():
    known = functions()
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    named = set(re.findall(r"`(test_\w+)`", pages))
    assert len(named) > 60
    assert named <= known, named - known


def test_the_table_lists_the_deviations_of_the_code_and_no_others():
    table = rows(section("Read, and told"))
    listed = {id for row in table for id in re.findall(r"`([a-z-]+)`", row[0])}
    assert len(listed) > 40
    assert listed == deviations_in_code()


@pytest.mark.parametrize("title", ["Refused", "Read, and told"])
def test_every_row_of_these_tables_names_its_test(title):
    (_, *table) = rows(section(title))
    assert table
    for row in table:
        assert "`test_" in row[-1], row


def test_every_row_of_real_world_problems_names_its_test():
    for part in section("Real-world problems").split("\n### ")[1:]:
        (head, *table) = rows(part) or [[""]]
        if head[-1].strip() == "shown by":
            assert table
            assert not [row for row in table if "`test_" not in row[-1]]


@pytest.mark.parametrize("path", LOCAL, ids=lambda path: path.name)
def test_every_bad_file_of_the_repository_has_a_row(path):
    assert f"`{path.name}`" in READING or f"`{path.stem}`" in READING


def test_every_page_that_is_made_names_all_that_it_measures():
    corpus = (DOCS / "sr-corpus.md").read_text(encoding="utf-8")
    assert not [p.name for p in LOCAL if f"| {p.parent.name}/{p.name} |" not in corpus]
    attacks = (DOCS / "sr-attacks.md").read_text(encoding="utf-8")
    assert not [name for name in ATTACKS if f"| {name} |" not in attacks]
