"""Seeded damage to bytes, for tests and for the fuzzer."""

import random
from collections.abc import Iterator

INTERESTING = (0x00, 0x01, 0x1B, 0x20, 0x5C, 0x7F, 0x80, 0xFE, 0xFF)
VRS = (b"SQ", b"UN", b"UT", b"OB", b"ZZ")
TOKENS = (
    *VRS,
    *(b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"\xff\xff\xff\xff"),
    *(b"\xfe\xff\xff\xff", b"\x1b$B", b"\x1b(B", b"\x1b)I", b"ISO_IR 192", b"ISO 2022 IR 87"),
    *(b"CONTAINER", b"\x40\x00\x30\xa7", b"\x40\x00\x43\xa0", b"\x08\x00\x05\x00"),
)


def mutants(data: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Yield ``count`` damaged copies of ``data``, the same ones for the same seed."""
    chance = random.Random(f"{seed}:{len(data)}:{data[-64:].hex()}")
    for _ in range(count):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            if damaged:
                chance.choice(_WAYS)(damaged, chance)
        yield bytes(damaged)


def _flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.choice(INTERESTING)


def _token(data: bytearray, chance: random.Random) -> None:
    token = chance.choice(TOKENS)
    at = chance.randrange(len(data))
    data[at : at + len(token)] = token


def _swap_vr(data: bytearray, chance: random.Random) -> None:
    at = data.find(
        chance.choice((b"SQ", b"SH", b"LO", b"CS", b"UT", b"UI")), chance.randrange(len(data))
    )
    if at >= 0:
        data[at : at + 2] = chance.choice(VRS)


def _delete(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.choice((1, 2, 4, 8, 40))]


def _insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.choice((1, 2, 8)))


def _repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.choice((8, 26, 60))]


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


_WAYS = (_flip, _flip, _set, _set, _token, _swap_vr, _delete, _insert, _repeat, _cut)
