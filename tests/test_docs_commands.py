"""The commands and the code on the pages run, and print what the pages show."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapter import pipeline
from docs.site import DOCS
from tests.docs_pages import Block, blocks, differs, script

PAGES = sorted(DOCS.glob("*.md"))
SAMPLES = DOCS.parent / "sample_data"


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def ids(paths):
    return [path.stem for path in paths]


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_every_command_stands_in_a_block_that_is_run(page):
    """Or in one that says why it is not."""
    held = [b.text for b in blocks(text(page)) if b.kind == "sh" or b.why]
    lines = re.findall(r"^ *(?:\$ )?(csfleak [a-z].*)$", text(page), re.MULTILINE)
    inside = "\n".join(held)
    missing = [line for line in lines if line not in inside]
    assert [line for line in missing if "`" not in line] == []


def test_a_block_that_is_not_run_needs_what_a_test_has_not():
    reasons = [b.why for page in PAGES for b in blocks(text(page)) if b.why]
    assert all(re.search(r"needs (a|an) \w*|needs Orthanc", why) for why in reasons), reasons


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a folder with the samples, the command, and the files that pages give names to."""
    shutil.copytree(SAMPLES, tmp_path / "sample_data")
    (tmp_path / ".bin").mkdir()
    for tool_name, run in (("csfleak", "-m adapter "), ("python3", "")):
        tool = tmp_path / ".bin" / tool_name
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {run}"$@"\n', "utf-8")
        tool.chmod(0o755)
    _named(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _named(folder: Path) -> None:
    """Write what pages call ``mri.dcm``, ``report.json``, ``old/case.sr.dcm`` …"""
    both, one = SAMPLES / "04-definite-same-site" / "sr", SAMPLES / "02-definite-spinal-mri"
    (mri, ri), (report,) = sorted(both.glob("*.dcm")), sorted(one.glob("fhir/*.json"))
    copies = {"mri.dcm": mri, "ri.dcm": ri, "report.dcm": one / "sr" / "report.dcm",
              "report.json": report, "site.toml": SAMPLES / "settings.toml"}  # fmt: skip
    for file, source in copies.items():
        shutil.copy(source, folder / file)
    patient = {"resourceType": "Patient", "gender": "female"}
    (folder / "list.json").write_text(json.dumps([patient]), "utf-8")
    (folder / "export.ndjson").write_text(json.dumps(patient) + "\n" + json.dumps(patient), "utf-8")
    xml = '<Patient xmlns="http://hl7.org/fhir"><gender value="female"/></Patient>'
    (folder / "x.xml").write_text(xml, "utf-8")
    (folder / "old").mkdir()
    _, made = pipeline.convert(pipeline.sources([mri]), ("fhir", "sr"))
    (folder / "old" / "case.fhir.json").write_bytes(made["fhir"])
    (folder / "old" / "case.sr.dcm").write_bytes(made["sr"])


WITH_BLOCKS = [p for p in PAGES if any(b.kind in ("sh", "python") for b in blocks(text(p)))]


@pytest.mark.skipif(os.name == "nt", reason="the blocks are for sh")
@pytest.mark.parametrize("page", WITH_BLOCKS, ids=ids(WITH_BLOCKS))
def test_the_commands_of_a_page_run_and_print_what_it_shows(page, place):
    names: dict[str, object] = {}
    for block in (b for b in blocks(text(page)) if not b.why):
        if block.kind == "sh":
            printed = _shell(block, place)
        elif block.kind == "python":
            printed = _python(block, names)
        else:
            continue
        if block.output is not None:
            assert not differs(block.output, printed), f"line {block.line}, it prints:\n{printed}"


def _shell(block: Block, place: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", script(block.text)],
        cwd=place,
        env={
            **os.environ,
            "PATH": f"{place / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(DOCS.parent),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, f"line {block.line}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _python(block: Block, names: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.text, f"line {block.line}", "exec"), names)
    return printed.getvalue()


def test_what_is_shown_is_compared_line_by_line():
    assert differs("a\nb\n", "a\nb\n") == ""
    assert differs("a…c\n…\nz\n", "abc\nx\nz\n") == ""
    assert differs("a\nb\n", "a\nc\n") == "b"
    assert differs("a\n", "a\nb\n").startswith("(more is printed")
    assert differs("…\nz\nb\n", "x\nz\nc\n") == "b"


@pytest.mark.skipif(os.name == "nt", reason="the blocks are for sh")
def test_a_block_stops_at_the_line_that_ends_otherwise_than_it_says():
    def ends(lines: str) -> int:
        return subprocess.run(["bash", "-c", script(lines)], capture_output=True).returncode

    assert ends("true\nfalse  # exit code 1\n") == 0
    assert ends("false\ntrue\n") != 0
    assert ends("true  # exit code 1\n") != 0
