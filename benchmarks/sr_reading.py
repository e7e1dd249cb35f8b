"""CPU time to read one Japanese TID 1500 report of 9 KB: ours, pydicom, highdicom, DCMTK.

``python -m benchmarks.sr_reading`` first asserts that ours and pydicom see the same tree, then
reads the file with every reader in turn, round after round, and prints the medians. pydicom reads a
sequence when it is asked for, so its figure is ``dcmread`` and a walk over all elements; ours makes
the whole content tree with text, with all checks. "new codes" forgets the codes of earlier files.
DCMTK's figure is the user and system time of a ``dsr2xml`` process, start included; it is left out
where DCMTK does not read the file.
"""

import argparse
import io
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from adapter.sr import elements
from adapter.sr.decode import decode
from benchmarks.japanese_report import dataset, written
from tests.sr import comparison

Reader = Callable[[bytes], object]
WANTED = 15  # times faster than pydicom, at least


def walk(ds: Dataset) -> int:
    """Touch every element as whoever reads an SR does; return how many there are."""
    count = 0
    for element in ds:
        count += 1
        value = element.value
        if element.VR == "SQ":
            count += sum(walk(item) for item in value)
    return count


def ours(data: bytes) -> object:
    """Read the content tree, codes met before remembered."""
    return decode(data, "report")


def ours_cold(data: bytes) -> object:
    """Read the content tree as if no code had been met before."""
    for memo in elements._MEMOS.values():
        memo.clear()
    return decode(data, "report")


def with_pydicom(data: bytes) -> object:
    """Read and walk."""
    return walk(pydicom.dcmread(io.BytesIO(data)))


def with_highdicom(data: bytes) -> object:
    """Read into highdicom's content items."""
    from highdicom.sr import srread

    return srread(io.BytesIO(data))


def with_highdicom_groups(data: bytes) -> object:
    """Read, and get the measurement groups."""
    from highdicom.sr import srread

    return srread(io.BytesIO(data)).content.get_image_measurement_groups()


def cpu(reader: Reader, data: bytes, times: int) -> float:
    """Return the CPU seconds of one reading."""
    start = time.process_time()
    for _ in range(times):
        reader(data)
    return (time.process_time() - start) / times


def dsr2xml(data: bytes) -> float:
    """Return the CPU seconds of one ``dsr2xml`` process; 0 where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.dcm"
        path.write_bytes(data)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(["dsr2xml", path, "/dev/null"], check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return 0.0 if done.returncode else used


READERS: dict[str, tuple[Reader, int]] = {
    "ours": (ours, 20),
    "ours, new codes": (ours_cold, 20),
    "pydicom dcmread + walk": (with_pydicom, 2),
    "highdicom srread": (with_highdicom, 1),
    "highdicom srread + groups": (with_highdicom_groups, 1),
}
CHARSETS: dict[str, str | list[str]] = {
    "ISO_IR 192": "ISO_IR 192",
    "\\ISO 2022 IR 87": ["", "ISO 2022 IR 87"],
}


def measure(data: bytes, rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of one reading, by reader."""
    spent: dict[str, list[float]] = {}
    for reader, _ in READERS.values():
        reader(data)
    for _ in range(rounds):
        for name, (reader, times) in READERS.items():
            spent.setdefault(name, []).append(cpu(reader, data, times))
        if shutil.which("dsr2xml") and (seconds := dsr2xml(data)):
            spent.setdefault("DCMTK dsr2xml, a process", []).append(seconds)
    return {name: statistics.median(times) for name, times in spent.items()}


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 when ours is not the wanted times faster than pydicom."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args(arguments).rounds
    warnings.simplefilter("ignore")
    ratios = []
    for name, charset in CHARSETS.items():
        for undefined in (False, True):
            data = written(dataset(charset, lesions=4), undefined=undefined)
            assert comparison.difference(data, name) == ""
            document = decode(data, name)
            assert document.root is not None
            lengths = "undefined" if undefined else "defined"
            size = f"{len(data)} bytes, {len(comparison.items(document.root))} items"
            elements_ = walk(pydicom.dcmread(io.BytesIO(data)))
            print(f"\n{name}, {lengths} lengths: {size}, {elements_} elements, {rounds} rounds")
            medians = measure(data, rounds)
            for reader, seconds in medians.items():
                print(f"  {reader:28} {seconds * 1e6:9.0f} µs  {seconds / medians['ours']:7.1f}x")
            ratios.append(medians["pydicom dcmread + walk"] / medians["ours"])
    print(f"\npydicom over ours: {min(ratios):.1f} to {max(ratios):.1f}, at least {WANTED} wanted")
    return int(min(ratios) < WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
