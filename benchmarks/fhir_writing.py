"""FHIR writing: a graded case to bytes here, against fhir.resources dumping the same resources.

``python -m benchmarks.fhir_writing [rounds]`` writes samples as collection Bundles. First what
fhir.resources dumps of a Bundle is compared with what was written. Then rounds alternate in one
process, garbage collection on; CPU time, medians. Ours makes the resources and writes them,
fhir.resources only dumps a model that is already made. Exit code 1 below 25 times faster.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import orjson
from fhir.resources.R4B.bundle import Bundle

from adapter import pipeline
from adapter.pipeline import sources
from adapter.writers import fhir
from adapter.writers.options import WriteOptions

SAMPLES = Path(__file__).parents[1] / "sample_data"
CASES = ("04-definite-same-site", "11-hypotension-confirmed", "15-four-exams")
FLOOR = 25.0
OPTIONS = WriteOptions(bundle="collection")


def once(write: Callable[[], object]) -> float:
    """Return the CPU time of one writing in microseconds, over as many as give a stable figure."""
    start, count = time.process_time(), 0
    while count < 2 or time.process_time() - start < 0.01:
        write()
        count += 1
    return (time.process_time() - start) / count * 1e6


def compare(case: str, rounds: int) -> float:
    """Print the figures of one case; return how many times faster we are."""
    outcome = pipeline.grade(sources([SAMPLES / case / "sr"]))
    graded, terms = outcome.graded, outcome.terms
    data = fhir.write(graded, terms, OPTIONS)
    model = Bundle.model_validate_json(data)
    if orjson.loads(model.model_dump_json()) != orjson.loads(data):
        raise SystemExit(f"{case}: fhir.resources dumps another Bundle than we wrote")
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(once(lambda: fhir.write(graded, terms, OPTIONS)))
        theirs.append(once(model.model_dump_json))
    ratio = median(theirs) / median(ours)
    print(
        f"{case:26} {len(data):7} bytes, {len(model.entry):3} resources;"
        f" adapter {median(ours):7.0f} µs, fhir.resources {median(theirs):7.0f} µs: {ratio:5.1f}x"
    )
    return ratio


def main(rounds: int) -> int:
    ratios = [compare(case, rounds) for case in CASES]
    print(f"median {median(ratios):.1f}x, wanted {FLOOR:.0f}x")
    return 0 if median(ratios) >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))
