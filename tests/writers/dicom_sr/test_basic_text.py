"""The Basic Text SR is TID 2000, says what the case and its grades say, and holds no finding."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from adapter.errors import Usage
from adapter.merge import merge
from adapter.model import Coded, Source, Unmapped
from adapter.readers import dicom_sr as reader
from adapter.readers.options import ReadOptions
from adapter.sr.content import Code, Item, SrDocument
from adapter.sr.decode import decode
from adapter.sr.rules import check
from adapter.writers import text
from adapter.writers.dicom_sr import write, write_findings
from adapter.writers.dicom_sr.basic_text import _NAMES
from adapter.writers.options import WriteOptions
from tests.writers.graded_examples import CASES, TERMS, grade

LANGUAGES = ("ja", "en")
CHARSETS = ("utf8", "iso-2022-jp")


def _bytes(name: str, **options: Any) -> bytes:
    return write(grade(CASES[name]), TERMS, WriteOptions(sr="basic-text", **options))


def _document(name: str, **options: Any) -> SrDocument:
    return decode(_bytes(name, **options), "x.dcm")


def _all(item: Item) -> Iterator[Item]:
    yield item
    for child in item.children:
        yield from _all(child)


def _words(name: str, **options: Any) -> str:
    root = _document(name, **options).root
    assert root is not None
    return "\n".join(str(i.value) for i in _all(root) if i.value_type == "TEXT")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_no_rule_of_tid_2000_is_broken(name: str, lang: str, charset: str) -> None:
    assert check(_document(name, lang=lang, charset=charset)) == ()


@pytest.mark.parametrize("name", CASES)
def test_it_holds_words_and_codes_alone(name: str) -> None:
    document = _document(name)
    assert document.header["SOPClassUID"] == "1.2.840.10008.5.1.4.1.1.88.11"
    assert document.root is not None
    assert document.root.template == "2000"
    kinds = {i.value_type for i in _all(document.root)}
    assert kinds <= {"CONTAINER", "CODE", "TEXT", "UIDREF"}


def test_sections_stand_in_the_order_of_a_report() -> None:
    root = _document("one exam of each kind").root
    assert root is not None
    heads = [i.name.value for i in root.children if i.value_type == "CONTAINER" and i.name]
    assert heads == ["55111-9", *["59776-5"] * 4, "19005-8", "55110-1", "55112-7"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_conclusions_trail_missing_facts_and_notes_are_told(name: str, lang: str) -> None:
    graded = grade(CASES[name])
    words = _words(name, lang=lang)
    flat = "\n".join(line.strip(" \u3000") for line in words.splitlines())
    told = [text.headline(c, TERMS, lang) for c in graded.conclusions]
    told += [line for c in graded.conclusions for line in text.trail(graded, c, TERMS, lang)]
    told += [text.missing(graded, m, TERMS, lang) for c in graded.conclusions for m in c.missing]
    told += [text.note(n, lang) for of in (*graded.conclusions, *graded.findings)
             for n in of.cautions]  # fmt: skip
    told += [*text.notes(graded, TERMS, lang), text.pick(text.UNSIGNED, lang)]
    assert [line for line in told if line.strip() not in flat] == []


@pytest.mark.parametrize("name", CASES)
def test_every_fact_of_the_case_is_told(name: str) -> None:
    case = CASES[name]
    words = _words(name)
    facts = [f for e in case.exams for f in e.facts.values()]
    facts += [f for e in case.exams for n in e.lesions for f in n.facts.values()]
    facts += case.facts.values()
    told = {TERMS[f.concept].ja for f in facts if f.state is not None}
    measured = [s.quantity.value for f in facts for s in f.statements if s.quantity]
    measured += [s.quantity.value for s in case.pressures if s.quantity]
    dates = [s.date for s in (*case.pressures, *case.punctures, *case.patches) if s.date]
    places = [place for e in case.exams for place in (*e.institutions, *e.dates)]
    assert [w for w in (*told, *measured, *dates, *places) if w not in words] == []


def test_what_no_term_stands_for_is_told_as_it_came() -> None:
    kept = (
        Unmapped(source=Source(document="a"), names=(Coded(code="1", meaning="髄液細胞数"),),
                 number="3", unit=Coded(code="/uL", meaning="/uL")),
        Unmapped(source=Source(document="a"), label="所見", text="第一行\n第二行"),
    )  # fmt: skip
    case = replace(CASES["one exam of each kind"], unmapped=kept)
    root = decode(write(grade(case), TERMS, WriteOptions(sr="basic-text")), "x").root
    assert root is not None
    words = "\n".join(str(i.value) for i in _all(root) if i.value_type == "TEXT")
    assert "- 髄液細胞数: 3 /uL" in words
    assert "- 所見: 第一行 / 第二行" in words


def test_the_conclusion_is_a_code_beside_its_words() -> None:
    root = _document("one exam of each kind", lang="en").root
    assert root is not None
    codes = [i.value for i in _all(root) if i.value_type == "CODE" and i.relationship == "CONTAINS"]
    graded = grade(CASES["one exam of each kind"])
    assert [c.value for c in codes if isinstance(c, Code)] == [
        f"leak-{graded.conclusions[0].established}",
        f"hypo-{graded.conclusions[1].established}",
    ]
    assert {c.meaning for c in codes if isinstance(c, Code)} == {
        TERMS[c.value].en for c in codes if isinstance(c, Code)
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_language_is_declared_and_spoken(lang: str) -> None:
    root = _document("one exam of each kind", lang=lang).root
    assert root is not None
    assert isinstance(root.children[0].value, Code)
    assert root.children[0].value.value == lang
    assert root.name is not None
    assert root.name.meaning.isascii() == (lang == "en")


@pytest.mark.parametrize("name", CASES)
def test_nothing_of_it_is_read_as_a_finding(name: str) -> None:
    document = reader.read(_bytes(name), "own.dcm", TERMS, ReadOptions())
    assert document.statements == ()
    assert document.narrative
    graded = grade(merge([document], TERMS))
    assert {c.established for c in graded.conclusions} == {"not-assessable"}
    assert "narrative-only" in {note.code for note in graded.notes}
    assert "narrative-only" in {issue.code for issue in document.issues}


def test_a_signed_report_does_not_say_that_it_is_unsigned() -> None:
    signed = _words("one exam of each kind", verified_by="佐藤^一郎",
                    settings={"organization": "甲病院"})  # fmt: skip
    assert text.UNSIGNED[0] not in signed


def test_meanings_fit_64_bytes_as_written_and_hold_no_backslash() -> None:
    for charset, codec in zip(CHARSETS, ("utf_8", "iso2022_jp"), strict=True):
        root = _document("one exam of each kind", charset=charset).root
        assert root is not None
        for item in _all(root):
            for code in (item.name, item.value):
                if isinstance(code, Code):
                    assert 0 < len(code.meaning.encode(codec)) <= 64
                    assert codec == "utf_8" or b"\\" not in code.meaning.encode(codec)


def test_codes_are_those_of_the_dictionary() -> None:
    codes = pytest.importorskip("pydicom.sr.codedict").codes
    listed = [getattr(g, n) for g in (codes.cid7001, codes.cid7002) for n in g.dir()]
    known = {(c.value, c.scheme_designator) for c in listed}
    ours = {row[:2] for name, row in _NAMES.items() if name != "title"}
    assert ours - known == set()


def test_findings_alone_have_no_place_in_a_report_of_words() -> None:
    with pytest.raises(Usage, match="words"):
        write_findings(CASES["contradictions"], TERMS, WriteOptions(sr="basic-text"))


@pytest.mark.parametrize("name", CASES)
def test_dsr2html_shows_the_japanese(
    name: str, tmp_path: Path, validator: Callable[[str], str]
) -> None:
    source, page = tmp_path / "own.dcm", tmp_path / "own.html"
    source.write_bytes(_bytes(name))
    done = run([validator("dsr2html"), str(source), str(page)], capture_output=True, timeout=60)
    assert done.returncode == 0
    shown = page.read_text(encoding="utf-8")
    graded = grade(CASES[name])
    assert "charset=UTF-8" in shown
    assert [c for c in graded.conclusions
            if text.headline(c, TERMS, "ja").split(" (")[0] not in shown] == []  # fmt: skip
    assert text.UNSIGNED[0] in shown
