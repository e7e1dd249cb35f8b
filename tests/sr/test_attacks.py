"""Hostile files end with one clear error, in bounded time and memory.

``python -m tests.sr.test_attacks`` prints the figures.
"""

import os
import resource
import signal
import struct
import time
import zlib
from typing import NamedTuple

import pytest

from adapter.errors import Damaged, LimitExceeded, RefusedInput
from adapter.sr.decode import decode
from adapter.sr.limits import Limits
from benchmarks.japanese_report import dataset, item, written

MEMORY = 200  # MiB
META = struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
PART10 = bytes(128) + b"DICM" + META
DEFLATED = bytes(128) + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", 22)
DEFLATED += b"1.2.840.10008.1.2.1.99"
CLASS = struct.pack("<HH2sH", 8, 0x16, b"UI", 30) + b"1.2.840.10008.5.1.4.1.1.88.33\0"
CONTENT = struct.pack("<HH2sH", 0x40, 0xA730, b"SQ", 0)
ITEM, ITEM_END, SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
OPEN, NONE = b"\xff\xff\xff\xff", bytes(4)


@pytest.fixture(autouse=True)
def _alarm():
    def late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 20)  # a stuck decoder, not a slow machine
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def bomb(inflated: int) -> bytes:
    """Return a deflated data set of zeros; a block that is flushed whole may be repeated."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = engine.compress(bytes(1 << 20)) + engine.flush(zlib.Z_FULL_FLUSH)
    return DEFLATED + megabyte * (inflated >> 20) + engine.flush()


def empty_group(group: int) -> bytes:
    """Return all elements of a group, each an empty LO."""
    rows = bytearray(struct.pack("<HH2sH", group, 0, b"LO", 0) * (1 << 16))
    rows[2::8] = bytes(range(256)) * 256
    rows[3::8] = b"".join(bytes([high]) * 256 for high in range(256))
    return bytes(rows)


def nest(depth: int) -> bytes:
    return PART10 + CLASS + (CONTENT + OPEN + ITEM + OPEN) * depth


def closed_nest(depth: int) -> bytes:
    return nest(depth) + (ITEM_END + NONE + SEQUENCE_END + NONE) * depth


def defined_nest(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        inner = ITEM + struct.pack("<I", len(body)) + body
        body = CONTENT + struct.pack("<I", len(inner)) + inner
    return PART10 + CLASS + body


def huge(vr: bytes, length: int) -> bytes:
    element = struct.pack("<HH2sHI", 0x40, 0xA160, vr, 0, length)
    return PART10 + CLASS + element + b"short"


ATTACKS = {
    "a deflate bomb of 1 MB": (lambda: bomb(1 << 30), LimitExceeded),
    "8 MB of empty items": (
        lambda: PART10 + CLASS + CONTENT + OPEN + (ITEM + NONE) * (1 << 20),
        LimitExceeded,
    ),
    "8 MB of empty items of open length": (
        lambda: PART10 + CLASS + CONTENT + OPEN + (ITEM + OPEN + ITEM_END + NONE) * (1 << 19),
        LimitExceeded,
    ),
    "8 MB of empty elements": (
        lambda: PART10 + CLASS + b"".join(empty_group(9 + 2 * n) for n in range(16)),
        LimitExceeded,
    ),
    "nesting 200": (lambda: nest(200), LimitExceeded),
    "nesting 1,000": (lambda: closed_nest(1000), LimitExceeded),
    "nesting 60,000": (lambda: nest(60_000), LimitExceeded),
    "nesting 1,000, lengths defined": (lambda: defined_nest(1000), LimitExceeded),
    "a length of 4 GB": (lambda: huge(b"UT", 0xFFFFFFFE), Damaged),
    "a sequence of 4 GB": (lambda: huge(b"SQ", 0xFFFFFFFE), Damaged),
    "an open UT": (lambda: huge(b"UT", 0xFFFFFFFF), Damaged),
    "a 64-bit length": (
        lambda: PART10 + CLASS + struct.pack("<HH2sHQ", 0x40, 0xA160, b"OV", 0, 1 << 40) + b"x",
        Damaged,
    ),
    "an unknown VR": (lambda: huge(b"ZZ", 5), Damaged),
    "an open sequence in UN": (
        lambda: (
            PART10
            + CLASS
            + struct.pack("<HH2sH", 0x40, 0xA730, b"UN", 0)
            + OPEN
            + (ITEM + OPEN + struct.pack("<HH", 0x40, 0xA730) + OPEN) * 500
        ),
        LimitExceeded,
    ),
    "a text of 2 MB": (
        lambda: (
            PART10
            + CLASS
            + struct.pack("<HH2sHI", 0x40, 0xA160, b"UT", 0, 1 << 21)
            + bytes(1 << 21)
        ),
        LimitExceeded,
    ),
    "an endless character set": (
        lambda: (
            PART10 + struct.pack("<HH2sHI", 8, 5, b"UT", 0, 1 << 19) + b"\\" * (1 << 19) + CLASS
        ),
        Damaged,
    ),
}


class Outcome(NamedTuple):
    """What decoding did: seconds, MiB of growth, the error's class and text."""

    seconds: float
    grown: int
    error: str
    message: str


def outcome(data: bytes) -> Outcome:
    """Decode in a process of its own, so that its memory can be told."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        kind, message, start = "nothing", "", time.perf_counter()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            decode(data, "attack.dcm")
        except BaseException as raised:
            kind, message = type(raised).__name__, str(raised)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        told = f"{time.perf_counter() - start}\n{grown}\n{kind}\n{message}"
        os.write(writing, told.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        seconds, grown, kind, message = pipe.read().split("\n", 3)
    os.wait()
    return Outcome(float(seconds), int(grown), kind, message)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_within_bounds(name):
    make, error = ATTACKS[name]
    found = outcome(make())
    assert found.error == error.__name__
    assert found.message.startswith("attack.dcm")
    assert len(found.message) < 300
    assert found.grown < MEMORY


def test_a_file_past_the_size_limit_is_refused_before_it_is_read():
    data = written(dataset())
    with pytest.raises(LimitExceeded):
        decode(data, "big", Limits(file=len(data) - 1))
    decode(data, "fits", Limits(file=len(data)))


@pytest.mark.parametrize("name", ["items", "elements", "string", "depth"])
def test_every_limit_can_be_set_and_is_exact_enough(name):
    data = written(dataset())
    with pytest.raises(LimitExceeded):
        decode(data, "small limit", Limits(**{name: 2}))
    decode(data, "wide limit", Limits(**{name: 2000}))


def test_a_document_at_the_depth_limit_is_read():
    entry = item("CONTAINS", "CONTAINER", ("1", "99X", "x"))
    for _ in range(60):
        entry = item("CONTAINS", "CONTAINER", ("1", "99X", "x"), [entry])
    ds = dataset()
    ds.ContentSequence = [entry]
    depth, node = 0, decode(written(ds), "deep").root
    while node.children:
        depth, node = depth + 1, node.children[0]
    assert depth == 61


def test_deviations_are_bounded_and_the_rest_counted():
    ds = dataset()
    ds.ContentSequence = [item("", "TEXT", ("1", "99X", "x"), TextValue="x") for _ in range(500)]
    told = decode(written(ds), "many").deviations
    assert len(told) == 201
    assert told[-1] == ("more", "", "300 more deviations", "left out")


def test_errors_never_carry_what_the_document_says():
    data = written(dataset())
    told = []
    for length in range(400, len(data), 31):
        with pytest.raises(RefusedInput) as refused:
            decode(data[:length], "cut.dcm")
        told.append(str(refused.value))
    assert not [text for text in told if "Shiken" in text or "0001234" in text]


def main() -> None:
    """Print time and memory of every attack."""
    for name, (make, _) in ATTACKS.items():
        data = make()
        found = outcome(data)
        print(f"{name}: {len(data):,} bytes, {found.seconds:.3f} s, +{found.grown} MiB: ", end="")
        print(f"{found.error}, {found.message}", flush=True)


if __name__ == "__main__":
    main()
