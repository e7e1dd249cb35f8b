"""Wall time of one SR to graded FHIR as a whole process, beside bare Python and a peer.

Interleaved rounds; the smallest and the median of each: ``python benchmarks/whole_process.py``.
"""

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample_data" / "04-definite-same-site" / "sr" / "1-mri.dcm"
ROUNDS = 21


def commands() -> dict[str, list[str]]:
    """Return what is measured, by name; a peer that is not installed is left out."""
    ours = [sys.executable, "-m", "adapter", "convert", str(SAMPLE), "--to", "fhir", "-o", "-"]
    found = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import dataclasses'": [sys.executable, "-c", "import dataclasses"],
        "csfleak convert --to fhir -o -": ours,
        "python, highdicom srread": [
            sys.executable, "-W", "ignore", "-c",
            f"from highdicom.sr import srread; srread({str(SAMPLE)!r})",
        ],
    }  # fmt: skip
    if shutil.which("dsr2xml"):
        found["dsr2xml"] = ["dsr2xml", str(SAMPLE)]
    return found


def main() -> None:
    """Print a table."""
    measured: dict[str, list[float]] = {name: [] for name in commands()}
    for _ in range(ROUNDS):
        for name, command in commands().items():
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
            measured[name].append((time.perf_counter() - start) * 1000)
    bare = statistics.median(measured["python -c pass"])
    print(f"{'command':34} {'min ms':>8} {'median':>8} {'x bare':>7}")
    for name, times in measured.items():
        median = statistics.median(times)
        print(f"{name:34} {min(times):8.1f} {median:8.1f} {median / bare:7.1f}")


if __name__ == "__main__":
    main()
