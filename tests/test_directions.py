"""Imports go one way (the contracts in pyproject.toml)."""

import subprocess
import sys
from pathlib import Path


def test_imports_go_one_way(repo: Path) -> None:
    command = "import sys; from importlinter.cli import lint_imports_command; "
    done = subprocess.run(
        [sys.executable, "-c", command + "sys.exit(lint_imports_command(['--no-cache']))"],
        cwd=repo,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "one way KEPT" in done.stdout
    assert "0 broken" in done.stdout
