"""Time and memory of ``csfleak grade`` on hostile SR files, each in a process of its own.

``python -m benchmarks.sr_attacks`` writes docs/sr-attacks.md, a harmless report beside them. The
processes may use 1 GiB of addresses and 20 s; time and peak memory are the whole process's, the
start of the interpreter included. It ends with 1 where a file passes a bound.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.japanese_report import dataset, written

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "sr-attacks.md"
ADDRESSES = 1 << 30
SECONDS = 20
WANTED_CPU, WANTED_PEAK = 2.0, 200  # s, MiB

# A small process starts the command: a child's peak counts what its parent held when it forked.
_LAUNCH = """
import json, os, resource, subprocess, sys, time
def bounded():
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]),) * 2)
start = time.perf_counter()
child = subprocess.Popen(sys.argv[4:], stdout=subprocess.DEVNULL, stderr=open(sys.argv[3], "wb"),
                         preexec_fn=bounded)
_, status, used = os.wait4(child.pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.perf_counter() - start,
                  used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


class Run(NamedTuple):
    """What one command did: exit code, wall and CPU seconds, peak MiB, the lines on stderr."""

    code: int
    seconds: float
    cpu: float
    peak: float
    lines: tuple[str, ...]


def run(*command: str) -> Run:
    """Return what `csfleak` does with the arguments, in 1 GiB of addresses and 20 s."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "stderr"
        started = subprocess.run(
            [sys.executable, "-S", "-c", _LAUNCH, str(ADDRESSES), str(SECONDS), str(told),
             sys.executable, "-m", "adapter", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            timeout=SECONDS + 10,
            check=True,
        )  # fmt: skip
        code, seconds, cpu, peak = json.loads(started.stdout)
        lines = tuple(told.read_text(encoding="utf-8").splitlines())
    return Run(code, seconds, cpu, peak, lines)


def attacks() -> dict[str, bytes]:
    """Return the hostile files by name."""
    from tests.sr.test_attacks import ATTACKS

    return {name: make() for name, (make, _) in ATTACKS.items()}


def grade(data: bytes) -> Run:
    """Return what ``csfleak grade`` does with a file of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attack.dcm"
        path.write_bytes(data)
        return run("grade", str(path))


def row(name: str, size: int, found: Run) -> str:
    """Return one row of the page."""
    message = found.lines[-1].replace("|", "/") if found.lines else ""
    figures = f"{size:,} | {found.seconds:.2f} | {found.cpu:.2f} | {found.peak:.0f}"
    return f"| {name} | {figures} | {found.code} | {message} |"


def page(rows: list[str]) -> str:
    """Return the page."""
    return "\n".join(
        [
            "# Hostile SR files",
            "",
            "Made by `python -m benchmarks.sr_attacks`: each file through `csfleak grade` in a",
            f"process of its own, with {ADDRESSES >> 30} GiB of addresses and {SECONDS} s at most.",
            "Time and peak memory are the whole process's, the start of Python included: the first",
            "row, a harmless report, shows how much that is.",
            f"Python {platform.python_version()}, {os.cpu_count()} processors.",
            "",
            "| file | bytes | wall s | CPU s | peak MiB | exit code | last line on stderr |",
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
            *rows,
            "",
        ]
    )


def main() -> int:
    """Measure, write the page, and return 1 where an attack passes a bound."""
    harmless = written(dataset())
    rows = [row("a harmless report", len(harmless), grade(harmless))]
    beyond = []
    for name, data in attacks().items():
        found = grade(data)
        rows.append(row(name, len(data), found))
        if found.code != 4 or found.cpu > WANTED_CPU or found.peak > WANTED_PEAK:
            beyond.append(name)
    PAGE.write_text(page(rows), encoding="utf-8")
    print("\n".join(rows))
    print(f"past a bound: {', '.join(beyond) or 'none'}")
    return 1 if beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
