"""Every command of README.md runs, or is one that the Makefile or .ci/run runs.

A ``csfleak`` line in a ```sh block is run in a copy of the sample data. A line that does not end
with 0 says so: ``csfleak validate broken.dcm  # exit code 1``.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
# What the Makefile's setup and check-wheel do in other words.
INSTALLING = {
    "python3 -m venv .venv",
    "py -3 -m venv .venv",
    ".venv/bin/pip install -e '.[test]'",
    ".venv/bin/pip install .",
    "pip install .",
    "pip install csfleak-adapter",
    ".venv/bin/python -m pytest",
}
EXIT_CODE = re.compile(r"#.*\bexit code (\d)")


def _commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _is_ours(command: str) -> bool:
    return command.removeprefix(".venv/bin/").startswith(("csfleak ", "python -m adapter "))


@pytest.fixture(scope="module")
def folder(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the README's commands find the samples and themselves."""
    place = tmp_path_factory.mktemp("readme")
    shutil.copytree(repo / "sample_data", place / "sample_data")
    (place / ".venv" / "bin").mkdir(parents=True)
    for name, run in (("csfleak", "-m adapter"), ("python", "")):
        script = place / ".venv" / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {run} "$@"\n', "utf-8")
        script.chmod(0o755)
    # PixelMed takes ten seconds a file, and is asked in tests/gates: here it does not run.
    (place / ".venv" / "bin" / "java").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (place / ".venv" / "bin" / "java").chmod(0o755)
    return place


@pytest.mark.skipif(os.name == "nt", reason="the blocks are for sh")
@pytest.mark.parametrize("command", [c for c in _commands() if _is_ours(c)])
def test_a_csfleak_line_runs(command: str, folder: Path, repo: Path) -> None:
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(repo)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    said = EXIT_CODE.search(command)
    assert done.returncode == (int(said[1]) if said else 0), done.stdout + done.stderr


def test_every_other_line_is_one_that_the_makefile_runs(repo: Path) -> None:
    makefile = (repo / "Makefile").read_text("utf-8")
    targets = {f"make {name}" for name in re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)}
    others = {c.partition("  #")[0].strip() for c in _commands() if not _is_ours(c)}
    assert others <= targets | INSTALLING, sorted(others - targets - INSTALLING)


def test_the_readme_shows_the_two_commands() -> None:
    assert {"make demo", "make test"} <= set(_commands())
