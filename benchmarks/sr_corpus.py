"""What each reader makes of every SR file at hand: ours, pydicom, highdicom, DCMTK, dcmqi.

``python -m benchmarks.sr_corpus`` reads the files of the repository, of pydicom and of the
reference material in one run and prints a Markdown table. A peer that is not installed is left out;
``tid1500reader`` is looked for in the PATH.
"""

import io
import shutil
import subprocess
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pydicom

from adapter.errors import RefusedInput
from adapter.sr.decode import decode
from tests.sr import comparison, samples
from tests.sr.oracle import Walk


def ours(data: bytes, name: str) -> str:
    """Say what the decoder does."""
    try:
        document = decode(data, name)
    except RefusedInput as refused:
        return f"{type(refused).__name__}: {refused.message}"
    assert document.root is not None
    told = Counter(id for id, *_ in document.deviations)
    deviations = ", ".join(f"{id} ×{n}" if n > 1 else id for id, n in told.items())
    return f"{len(comparison.items(document.root))} items" + (f"; {deviations}" if told else "")


def by_pydicom(data: bytes, _: str) -> str:
    """Say what pydicom does, reading every item."""
    ds = pydicom.dcmread(io.BytesIO(data))
    return f"{len(comparison.items(Walk().item(ds)))} items"


def by_highdicom(data: bytes, _: str) -> str:
    """Say what highdicom does."""
    from highdicom.sr import srread

    srread(io.BytesIO(data))
    return "ok"


def _program(*command: str) -> Callable[[bytes, str], str]:
    def run(data: bytes, _: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path, out = Path(folder) / "in.dcm", Path(folder) / "out"
            path.write_bytes(data)
            words = [word.format(path=path, out=out) for word in command]
            done = subprocess.run(words, capture_output=True, timeout=60, check=False)
            size = out.stat().st_size if out.exists() else 0
        return f"rc {done.returncode}, {size} bytes"

    return run


READERS: dict[str, Callable[[bytes, str], str]] = {
    "ours": ours,
    "pydicom": by_pydicom,
    "highdicom": by_highdicom,
    "dsr2xml": _program("dsr2xml", "{path}", "{out}"),
    "tid1500reader": _program(
        "tid1500reader", "--inputDICOM", "{path}", "--outputMetadata", "{out}"
    ),
}


def _told(reader: Callable[[bytes, str], str], data: bytes, name: str) -> str:
    try:
        return reader(data, name)
    except Exception as raised:  # whatever a peer raises is its answer
        return type(raised).__name__


def main() -> int:
    """Print the table."""
    warnings.simplefilter("ignore")
    programs = {"dsr2xml", "tid1500reader"}
    readers = {n: r for n, r in READERS.items() if n not in programs or shutil.which(n)}
    print("| file | " + " | ".join(readers) + " |")
    print("| --- |" + " --- |" * len(readers))
    for name, data in samples.everything().items():
        cells = [_told(reader, data, name).replace("|", "/") for reader in readers.values()]
        print(f"| {name} | " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
