"""Feed damaged SR files to the decoder until the time is over.

``python -m tests.sr.fuzz_decode --minutes 20 --seed 1`` mutates every SR file of the repository, of
pydicom and of the reference material. It stops with 1 at the first input that raises anything but
``RefusedInput``, takes more than a second, or reads otherwise than pydicom without a deviation; the
input is written to ``fuzz-found`` in the folder for temporary files. ``--each N`` runs N mutants a
file instead, ``--no-pydicom`` leaves the comparison out.
"""

import argparse
import collections
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path

from adapter.errors import RefusedInput
from adapter.sr.decode import decode
from tests.sr import comparison, samples
from tests.sr.mutation import mutants

SLOW = 1.0  # seconds of CPU for one file of at most 100 kB
MEMORY = 1024 * 1024 * 1024


def main(arguments: list[str] | None = None) -> int:
    """Run; return 0 when nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--no-pydicom", action="store_true")
    chosen = parser.parse_args(arguments)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    files = samples.everything()
    counts: collections.Counter[str] = collections.Counter()
    end = time.monotonic() + chosen.minutes * 60
    batch = chosen.each or 20
    seed = chosen.seed
    while True:
        for name, data in files.items():
            for mutant in mutants(data, seed, batch):
                outcome, found = _try(mutant, name, not chosen.no_pydicom)
                counts[outcome] += 1
                if found:
                    (Path(tempfile.gettempdir()) / "fuzz-found").write_bytes(mutant)
                    print(f"{name}, seed {seed}: {found}", file=sys.stderr)
                    return 1
            if not chosen.each and time.monotonic() > end:
                break
        seed += 1
        if chosen.each or time.monotonic() > end:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{sum(counts.values())} mutants of {len(files)} files, peak {peak} MiB: {dict(counts)}")
    return 0


def _try(data: bytes, name: str, against_pydicom: bool) -> tuple[str, str]:
    started = time.process_time()
    try:
        document = decode(data, name)
        outcome = "read with deviations" if document.deviations else "read"
    except RefusedInput as refused:
        outcome = type(refused).__name__
    except BaseException:
        return "crash", traceback.format_exc()
    if time.process_time() - started > SLOW:
        return "slow", f"took {time.process_time() - started:.1f} s"
    if outcome == "Damaged":
        try:
            decode(data, name, salvage=True)
        except RefusedInput:
            pass
        except BaseException:
            return "crash", traceback.format_exc()
    if against_pydicom and outcome.startswith("read"):
        return outcome, comparison.difference(data, name)
    return outcome, ""


if __name__ == "__main__":
    sys.exit(main())
