"""The documentation as a site: it builds, and its pages are what the code says."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adapter import __version__, cli
from adapter.criteria.policy import CHOICES
from adapter.criteria.table import rows
from adapter.writers.fhir.profiles import PROFILES
from docs.site import DOCS, commands, conformance_fhir, criteria, hooks, name, sbom, written
from docs.site import PAGES as MADE

PAGES = sorted(DOCS.glob("*.md"))
CONFIG = DOCS / "site" / "mkdocs.yml"
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
