"""SR to graded FHIR and SR: `adapter.batch` on a folder, beside what others need for less.

``python -m benchmarks.batch_conversion [cases]`` makes a folder of SRs of three lesions, one a
patient, and converts it with one worker process and with two: wall time, with everything that a run
does (start, index, grading, fsync, journal, tables). Beside it, on the same files and in the same
minute: a loop of dsr2xml, which only prints the tree; and a process of highdicom and fhir.resources
that reads the SR, dumps the Bundle and builds and saves the SR that were made here - no grading, no
FHIR model to be filled, no fsync, imports not counted. A second folder of ten times the size gives
the growth. Exit code 1 below 40 times highdicom + fhir.resources.
"""

import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import highdicom as hd
from fhir.resources.R4B.bundle import Bundle
from pydicom import dcmread

from adapter import batch, terms
from adapter.batch import Summary
from adapter.model import Case, Patient
from adapter.writers import dicom_sr, fhir
from adapter.writers.options import WriteOptions
from benchmarks import sr_writing

FLOOR = 40.0
NUMBER = "PAT-0000000"
ISSUER = "urn:oid:2.25.424242"
PEER = 60


def template() -> tuple[bytes, str]:
    """Return an SR of findings of the patient `NUMBER`, and its SOP Instance UID."""
    case: Case = sr_writing.graded().case
    patient: Patient = replace(case.patient, identifiers=((NUMBER, ISSUER),))
    data = dicom_sr.write_findings(replace(case, patient=patient), terms.load(), WriteOptions())
    return data, dcmread(io.BytesIO(data)).SOPInstanceUID


def folder(at: Path, count: int) -> Path:
    """Write SRs of as many patients."""
    data, uid = template()
    for number in range(count):
        path = at / f"{number // 1000:03}" / f"{number:07}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        other = f"{uid[:-7]}{number:07}"
        made = data.replace(uid.encode(), other.encode())
        path.write_bytes(made.replace(NUMBER.encode(), f"PAT-{number:07}".encode()))
    return at


def ours(source: Path, out: Path, workers: int) -> float:
    """Return the seconds that a whole run takes."""
    start = time.perf_counter()
    summary: Summary = batch.run([source], out, batch=batch.BatchOptions(workers=workers))
    taken = time.perf_counter() - start
    graded = summary.cases["graded"]
    wanted = sum(1 for _ in source.rglob("*.dcm"))
    if graded != wanted:
        raise SystemExit(f"{graded} of {wanted} cases graded: {summary}")
    shutil.rmtree(out)
    return taken


def dsr2xml(files: list[Path]) -> float:
    """Return the seconds a file, a process each."""
    start = time.perf_counter()
    for path in files:
        subprocess.run(["dsr2xml", str(path)], check=True, capture_output=True)
    return (time.perf_counter() - start) / len(files)


def highdicom_and_fhir(files: list[Path]) -> float:
    """Return the seconds a file to read the SR, dump a Bundle, build and save an SR."""
    case = sr_writing.graded()
    plan = sr_writing.plan_of(dcmread(io.BytesIO(sr_writing.ours(case))))
    model = Bundle.model_validate_json(fhir.write(case, terms.load(), WriteOptions()))
    steps: tuple[Callable[[], object], ...] = (
        model.model_dump_json,
        lambda: sr_writing.theirs(plan),
    )
    start = time.perf_counter()
    for path in files:
        hd.sr.srread(path)
        for step in steps:
            step()
    return (time.perf_counter() - start) / len(files)


def main(count: int = 1000) -> int:
    """Measure, print; return the exit code."""
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        source, large = folder(top / "in", count), folder(top / "large", count * 10)
        files = sorted(source.rglob("*.dcm"))[:PEER]
        out = top / "out"
        ours(folder(top / "first", 20), out, 1)
        one, two, others, loop = [], [], [], []
        for _ in range(3):
            one.append(ours(source, out, 1) / count)
            others.append(highdicom_and_fhir(files))
            two.append(ours(source, out, 2) / count)
            if shutil.which("dsr2xml"):
                loop.append(dsr2xml(files))
        grown = ours(large, out, 1) / (count * 10)
    mine, peer = median(one), median(others)
    rows = [("adapter, 1 worker", mine), ("adapter, 2 workers", median(two)),
            ("highdicom + fhir.resources", peer)]  # fmt: skip
    if loop:
        rows.append(("dsr2xml, a process each", median(loop)))
    for name, seconds in rows:
        print(f"{name:28} {seconds * 1000:8.2f} ms a case {1 / seconds:8.1f} cases/s")
    print(f"two workers {mine / median(two):.2f}x one")
    print(f"{count * 10} files: {grown * 1000:.2f} ms a case, {grown / mine - 1:+.0%} of {count}'s")
    print(f"highdicom + fhir.resources take {peer / mine:.1f}x ours, wanted {FLOOR:.0f}x")
    return 0 if peer / mine >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
