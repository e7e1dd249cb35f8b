"""The documentation as a site: it builds, its pages are the code's, and its commands run."""

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

from adapter import __version__, cli, pipeline
from adapter.criteria.policy import CHOICES
from adapter.criteria.table import rows
from adapter.writers.fhir.profiles import PROFILES
from docs.site import DOCS, commands, conformance_fhir, criteria, hooks, name, sbom, written
from docs.site import PAGES as MADE
from tests.docs_pages import Block, blocks, differs, script

PAGES = sorted(DOCS.glob("*.md"))
CONFIG = DOCS / "site" / "mkdocs.yml"
SAMPLES = DOCS.parent / "sample_data"
OTHERS = {
    *("--data-binary", "--netrc", "--json", "--exclude"),
    *("--minutes", "--seed", "--rewrite-golden", "--require-hashes", "--no-build-isolation"),
}
"""Options of other programs that pages name in a line of text."""


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def ids(paths):
    return [path.stem for path in paths]


# Pages that are made


@pytest.mark.parametrize("module", MADE)
def test_a_page_that_is_made_is_what_the_code_says(module, golden):
    golden(DOCS / name(module), written(module))


def test_the_criteria_page_has_every_rule_policy_and_open_point():
    page = text(DOCS / "criteria.md")
    assert {f"`{row.id}`" for row in rows()} <= set(re.findall(r"`[^`]+`", page))
    assert set(criteria.POLICIES) == set(CHOICES)
    assert list(criteria.OPEN) == list(range(1, 15))
    marks = {n for row in rows() for n in row.text_open}
    marks |= {int(note["text_open"]) for note in criteria.said() if note["text_open"]}
    assert marks <= set(criteria.OPEN)


def test_every_value_of_a_policy_is_explained():
    for policy, values in CHOICES.items():
        assert all(f"`{value}`" in criteria.POLICIES[policy] for value in values), policy


def test_every_note_of_the_code_is_found_where_it_is_made():
    found = {note["code"] for note in criteria.said()}
    sources = "".join(p.read_text("utf-8") for p in (DOCS.parent / "adapter/criteria").glob("*.py"))
    assert found >= set(re.findall(r'code="([a-z0-9-]+)"', sources))
    assert all(note["ja"] and note["en"] for note in criteria.said())


def test_every_command_and_option_says_what_it_means():
    page = commands.page()
    assert [line for line in page.splitlines() if re.match(r"\| `[^`]+` \|\s*\|", line)] == []
    for command in ("grade", "convert", "vectors check", "mappings suggest", "demo"):
        assert f"## csfleak {command}\n" in page


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_the_capability_statement_asks_for_all_that_transactions_ask(release):
    (statement,) = (
        one
        for one in conformance_fhir.artifacts(release)
        if one["resourceType"] == "CapabilityStatement"
    )
    asked = {r["type"]: r for r in statement["rest"][0]["resource"]}
    sent = [
        (kind, request)
        for profile in (PROFILES if release == "r4" else ("base",))
        for kind, said in conformance_fhir.standing(profile, release).items()
        for request in said["requests"]
    ]
    assert len(sent) > 8
    for kind, request in sent:
        searched = {p["name"] for p in asked[kind].get("searchParam", ())}
        how = "conditionalUpdate" if request.startswith("PUT") else "conditionalCreate"
        assert asked[kind].get(how), (kind, request)
        assert set(re.findall(r"(\w+)=…", request)) <= searched, (kind, request)


# What pages say


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_every_link_of_a_page_leads_somewhere(page):
    linked = re.findall(r"\]\(([^)\s]+)\)", text(page))
    for target in (link.partition("#")[0] for link in linked if "://" not in link):
        assert not target or (page.parent / target).is_file(), target
    named = re.findall(r"\bdocs/([\w-]+\.md)\b", text(page))
    assert not [file for file in named if not (DOCS / file).is_file()]


def parsers():
    """Return the parser of each command by its name."""
    return {command: sub for command, _, sub in commands._commands(cli._parser())}


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_every_option_that_a_page_names_is_there(page):
    known = {o for sub in parsers().values() for a in sub._actions for o in a.option_strings}
    for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text(page)):
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", code):
            assert option in known | OTHERS, (option, code)


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_every_command_that_a_page_names_is_there(page):
    names = {*parsers(), "mappings", "vectors", "terminology"}
    for command in re.findall(r"`csfleak ([a-z]+)\b", text(page)):
        assert command in names, command


@pytest.mark.parametrize("page", PAGES, ids=ids(PAGES))
def test_a_list_begins_after_a_blank_line(page):
    """Python-Markdown takes it for the paragraph's own words otherwise."""
    before, code = "", False
    for line in text(page).splitlines():
        code ^= line.lstrip().startswith("```")
        starts = re.match(r"(- |\d+\. )", line) and not code
        assert not starts or not before or re.match(r"(- |\d+\. |\s)", before), line
        before = line


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


# Commands run


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


# The site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the built site."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: pip install '.[docs]'")
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", CONFIG, "-d", folder],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder


def test_the_site_builds_clean_and_has_every_page(site):
    assert {p.stem for p in PAGES} <= {p.stem for p in site.glob("*.html")}
    assert not list(site.rglob("*.py"))


def test_a_reader_of_the_site_fetches_nothing_from_elsewhere(site):
    for page in site.glob("*.html"):
        html = page.read_text("utf-8")
        fetched = re.findall(r"<(?:script|img|iframe|source)[^>]*\ssrc=\"([^\"]+)\"", html)
        fetched += re.findall(r"<link[^>]*\shref=\"([^\"]+)\"", html)
        assert not [url for url in fetched if url.startswith(("http", "//"))], page.name


def test_a_page_that_is_named_becomes_a_link_but_not_in_code():
    shown = hooks.on_page_markdown("see `docs/tables.md`.\n```sh\ncat docs/tables.md\n```\n")
    assert shown == "see [tables.md](tables.md).\n```sh\ncat docs/tables.md\n```\n"


# What is inside


def test_the_bill_of_materials_lists_every_locked_package():
    """Of those that are installed here as they are locked; after ``make setup`` that is all."""
    pytest.importorskip("cyclonedx_py", reason="cyclonedx-bom is not installed")
    from importlib.metadata import PackageNotFoundError, version

    lock = (DOCS.parent / "constraints.txt").read_text("utf-8")
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE))
    here = {}
    for package, wanted in locked.items():
        with contextlib.suppress(PackageNotFoundError):
            here[package] = version(package) == wanted
    assert len(here) > 40
    made = sbom.bill(validated=False)
    assert made == sbom.bill(validated=False)
    own = json.loads(made)["metadata"]["component"]
    assert (own["name"], own["version"]) == ("csfleak-adapter", __version__)
    listed = {(_plain(c["name"]), c["version"]) for c in json.loads(made)["components"]}
    expected = {(_plain(package), locked[package]) for package, same in here.items() if same}
    assert expected <= listed, expected - listed


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
