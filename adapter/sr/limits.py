"""How much of an input the SR decoder reads before it stops.

Public SRs reach a nesting of 6 and some thousand items; the defaults leave room and still end
every hostile file within seconds.
"""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one document; past one of them the decoder raises ``LimitExceeded``.

    Parameters
    ----------
    file, inflated, model : int
        Bytes of the file, of a deflated data set once inflated, and of a JSON or XML model, which
        takes thirty times its size in memory.
    ratio : int
        Inflated size over deflated size. Data sets that inflate to less than 8 MiB may exceed it.
    depth : int
        Sequences within sequences.
    items, elements : int
        Sequence items, and data elements, in the whole document.
    string : int
        Bytes of one text value. Longer binary values are skipped, not refused.
    deviations : int
        Deviations listed; one more line says how many were left out.
    """

    file: int = 64 * MIB
    inflated: int = 256 * MIB
    model: int = 6 * MIB
    ratio: int = 64
    depth: int = 64
    items: int = 100_000
    elements: int = 1_000_000
    string: int = MIB
    deviations: int = 200


DEFAULT = Limits()
