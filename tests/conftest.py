"""Fixtures that every test may ask for: where things are, which tools are there, goldens.

Environment: ``CSFLEAK_SHARED`` names the folder of the reference material (default ``../shared``
beside the checkout); ``CSFLEAK_REQUIRE_SHARED=1`` and ``CSFLEAK_REQUIRE_VALIDATORS=1`` turn a skip
for want of that folder, or of an outside validator, into a failure.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden", action="store_true", help="write what comes out as what is expected"
    )


def _missing(what: str, required: str) -> None:
    if os.environ.get(required) == "1":
        pytest.fail(f"{what} is missing, and {required}=1")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def repo() -> Path:
    """Return the root of the checkout."""
    return REPO


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """Return the folder of truth tables and expected files."""
    return REPO / "tests" / "golden"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of the reference material (real documents, known bugs); skip without it."""
    path = Path(os.environ.get("CSFLEAK_SHARED", REPO.parent / "shared"))
    if not path.is_dir():
        _missing("the folder of the reference material (CSFLEAK_SHARED)", "CSFLEAK_REQUIRE_SHARED")
    return path


@pytest.fixture(scope="session")
def validator() -> Callable[[str], str]:
    """Return a function from a program's name (``dciodvfy``, ``dsrdump``) to its path."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            _missing(f"the program {name}", "CSFLEAK_REQUIRE_VALIDATORS")
        return str(path)

    return find


@pytest.fixture(scope="session")
def fresh_python() -> Callable[..., str]:
    """Return a function that runs code in a new interpreter and returns what it printed.

    The interpreter sees the checkout and no other local folder.
    """

    def run(code: str, *, cwd: Path = REPO, path: Path = REPO) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(path), "PYTHONSAFEPATH": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, bytes], None]:
    """Return a function that compares bytes with an expected file, or rewrites the file.

    ``make golden`` rewrites; the difference is then read.
    """

    def check(path: Path, actual: bytes) -> None:
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(actual)
        assert path.is_file(), f"{path.relative_to(REPO)} is missing: make golden"
        expected = path.read_bytes()
        assert actual == expected, f"{path.relative_to(REPO)} differs: make golden, read the diff"

    return check
