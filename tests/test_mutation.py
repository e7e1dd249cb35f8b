"""The mutation check itself: what it changes, and that what is explained still stands there."""

import ast

import pytest

from tests import mutation
from tests.mutants import mutants, mutate

SOURCE = '''
def adult(age: int, label: str = "x") -> bool:
    """Return whether 18 or more."""
    if not label:
        return False
    return age >= 18 and all_of(present("a"), absent("b"))
'''


def changes(source):
    return [m.change for m in mutants(ast.parse(source))]


def test_the_mutants_of_a_small_function():
    assert changes(SOURCE) == [
        "not label -> label",
        "False -> True",
        "age >= 18 and all_of(present('a'), absent('b')) -> "
        "age >= 18 or all_of(present('a'), absent('b'))",
        "age >= 18 and all_of(present('a'), absent('b')) -> all_of(present('a'), absent('b'))",
        "age >= 18 and all_of(present('a'), absent('b')) -> age >= 18",
        "age >= 18 -> age > 18",
        "age >= 18 -> age < 18",
        "18 -> 19",
        "18 -> 17",
        "without present('a')",
        "without absent('b')",
        "all_of -> any_of",
        "present -> absent",
        "absent -> present",
    ]


def test_the_same_change_twice_on_a_line_is_told_apart():
    assert changes("x = 1 + 1") == [
        "1 + 1 -> 1 - 1", "1 -> 2", "1 -> 0", "1 -> 2 #2", "1 -> 0 #2",
    ]  # fmt: skip


def test_every_mutant_differs_from_its_source_in_one_place():
    sources = {ast.unparse(ast.parse(SOURCE))}
    for mutant in mutants(ast.parse(SOURCE)):
        sources.add(ast.unparse(mutate(ast.parse(SOURCE), mutant)))
    assert len(sources) == 1 + len(changes(SOURCE))


@pytest.mark.parametrize(
    "source",
    ['"""Docstring with 1 < 2."""', 'x = Note(ja="a" if b else "c", en=1)', 'x: tuple[int, ...]',
     'f"{1 + 2}"', "from a import b", '__all__ = ["a", "b"]', 'x = ("体位不良", "position")'],
)  # fmt: skip
def test_words_types_and_imports_are_left_alone(source):
    assert changes(source) == []


def test_every_file_of_the_rules_is_changed():
    files = mutation.files()
    assert "adapter/sites.py" in files
    assert "adapter/criteria/csf_leak_2011.py" in files
    assert len(files) == len(set(files)) > 10


def test_every_explained_survivor_still_is_a_mutant_of_its_line():
    known = {}
    for name in mutation.files():
        text = (mutation.REPO / name).read_text(encoding="utf-8")
        lines = text.splitlines()
        known[name] = {(lines[m.line - 1].strip(), m.change) for m in mutants(ast.parse(text))}
    gone = [e for e in mutation.explained() if (e["line"], e["change"]) not in known[e["file"]]]
    assert gone == []


def test_every_explained_survivor_has_a_reason_and_stands_once():
    entries = mutation.explained()
    assert all(len(e["reason"]) > 20 for e in entries)
    keys = [(e["file"], e["line"], e["change"]) for e in entries]
    assert len(keys) == len(set(keys))
