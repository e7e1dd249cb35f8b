"""A large NDJSON, read line by line: megabytes, seconds, and the memory it took.

Run: ``python benchmarks/ndjson_stream.py [megabytes]``. Nothing is written to disk.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator

from adapter import terms
from adapter.readers import fhir
from adapter.readers.options import ReadOptions

SYSTEM = "urn:oid:2.25.69185780400888605725525229835613365432"


def line(number: int, system: str, code: str, value: object) -> bytes:
    """Return one Observation as a line."""
    body = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-03-02T10:00:00+09:00",
        "note": [{"text": "x" * 400}],
    }
    return json.dumps(body | {"valueBoolean": value}).encode() + b"\n"


def lines(megabytes: int) -> Iterator[bytes]:
    """Yield laboratory results, one finding among every ten thousand."""
    sent = number = 0
    while sent < megabytes * 1_000_000:
        is_finding = number % 10_000 == 0
        system = SYSTEM if is_finding else "http://loinc.org"
        code = "subdural-fluid" if is_finding else f"{number % 500}-1"
        made = line(number, system, code, number % 2 == 0)
        sent += len(made)
        number += 1
        yield made


def peak() -> float:
    """Return the largest memory this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    known = terms.load()
    options = ReadOptions()
    fhir.read_lines(lines(1), "warm.ndjson", known, options)
    before = peak()
    start = time.process_time()
    document = fhir.read_lines(lines(megabytes), "large.ndjson", known, options)
    seconds = time.process_time() - start
    print(f"{megabytes} MB: {len(document.statements)} findings, {len(document.issues)} issues, "
          f"{seconds:.1f} s CPU, memory {before:.0f} -> {peak():.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
