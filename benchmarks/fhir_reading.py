"""CPU time to read one bundle of 18 Observations: ours, fhir.resources, fhirkit-rs, orjson.

``python -m benchmarks.fhir_reading`` reads the same bytes with every reader in turn, round after
round, garbage collection on, and prints medians and best times. Ours gives statements with their
sources, all checks on, numbers in the digits they were written with; ``fhir.resources.R4B``
validates, fhirkit-rs parses where it is installed, ``orjson.loads`` is the bare parse. With a
folder as its argument it prints what becomes of each file in it.
"""

import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson

from adapter import readers, terms
from adapter.errors import AdapterError
from adapter.readers import fhir
from adapter.readers.options import ReadOptions

CASES = Path(__file__).parents[1] / "tests" / "golden" / "points.json"
ROUNDS = 25
WANTED = 12  # times faster than fhir.resources.R4B, at least


def bundle() -> bytes:
    """Return the first 18 Observations with components of the published cases as one Bundle."""
    cases = json.loads(CASES.read_text("utf-8"))
    found = [o for case in cases for o in case["observations"] if "component" in o][:18]
    entries = [
        {
            "fullUrl": f"urn:uuid:{n:08d}-0000-4000-8000-000000000000",
            "resource": {**o, "id": f"o{n}"},
        }
        for n, o in enumerate(found)
    ]
    body = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(body, ensure_ascii=False).encode()


def peers(data: bytes) -> dict[str, Callable[[], object]]:
    """Return what reads `data`, by name; a reader that is not installed is left out."""
    known, options = terms.load(), ReadOptions()
    found: dict[str, Callable[[], object]] = {
        "adapter": lambda: fhir.read(data, "bundle.json", known, options),
        "orjson.loads": lambda: orjson.loads(data),
    }
    try:
        from fhir.resources.R4B.bundle import Bundle

        found["fhir.resources.R4B"] = lambda: Bundle.model_validate_json(data)
    except ImportError:
        pass
    try:
        import fhirkit  # type: ignore[import-not-found]

        found["fhirkit-rs"] = lambda: fhirkit.parse(data)
    except ImportError:
        pass
    return found


def once(read: Callable[[], object]) -> float:
    """Return the CPU time of one reading in microseconds, over as many as give a stable figure."""
    start, count = time.process_time(), 0
    while count < 4 or time.process_time() - start < 0.01:
        read()
        count += 1
    return (time.process_time() - start) / count * 1e6


def compare() -> None:
    data = bundle()
    readers_of = peers(data)
    times: dict[str, list[float]] = {name: [] for name in readers_of}
    for _ in range(ROUNDS):
        for name, read in readers_of.items():
            times[name].append(once(read))
    ours = statistics.median(times["adapter"])
    print(f"{len(data)} bytes, 18 Observations; CPU microseconds")
    for name, said in times.items():
        middle = statistics.median(said)
        print(f"{name:20} median {middle:8.0f}   best {min(said):8.0f}   {middle / ours:5.1f}x")
    print(f"wanted: fhir.resources.R4B at least {WANTED}x")


def table(folder: Path) -> None:
    """Print what becomes of each file of a folder, and the counts."""
    known, options = terms.load(), ReadOptions()
    counts: Counter[str] = Counter()
    findings = 0
    start = time.process_time()
    for path in sorted(folder.iterdir()):
        try:
            document = readers.read(path.read_bytes(), path.name, known, options)
        except AdapterError as error:
            counts["refused"] += 1
            print(f"refused    {path.name}: {error.message[:90]}")
            continue
        findings += len(document.statements)
        kind = "narrative" if document.narrative else "nothing for us"
        counts["findings" if document.statements else kind] += 1
    total = time.process_time() - start
    print(f"{dict(counts)}, {findings} findings, {total:.2f} s CPU")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        table(Path(sys.argv[1]))
    else:
        compare()
