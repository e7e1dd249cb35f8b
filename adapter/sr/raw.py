"""What a data set is before its text is decoded: raw values by tag, and what a byte order means.

Source: DICOM PS3.5 sections 6.2, 7.1, 7.5; PS3.6 for the tags of sequences.
"""

import struct

from adapter.sr.charset import Charset
from adapter.sr.content import Code

UNDEFINED = 0xFFFFFFFF
ITEM_END = 0xFFFEE00D
DELIMITERS = 0xFFFE0000  # the group of item and sequence delimiters
SHORT_VRS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)  # 16-bit length
BULK_VRS = frozenset(b"OB OD OF OL OV OW UN".split())
LONG_VRS = BULK_VRS | frozenset(b"SQ SV UC UR UT UV".split())  # 2 bytes reserved, 32-bit length
CODE_SEQUENCES = frozenset((0x0040A043, 0x0040A168, 0x004008EA, 0x0040A301, 0x0040A372))
# Implicit VR does not tell a sequence of defined length: those an SR needs are listed.
SEQUENCES = CODE_SEQUENCES | frozenset(
    (
        0x00080051, 0x00080110, 0x00080121, 0x00080301, 0x00080306, 0x00081032, 0x00081110,
        0x00081111, 0x00081115, 0x00081140, 0x00081198, 0x00081199, 0x00081200, 0x00101002,
        0x00321064, 0x00400031, 0x00400032, 0x00400275, 0x0040A073, 0x0040A078,
        0x0040A07A, 0x0040A07C, 0x0040A088, 0x0040A170, 0x0040A195, 0x0040A300, 0x0040A360,
        0x0040A370, 0x0040A375, 0x0040A385, 0x0040A390, 0x0040A504, 0x0040A525, 0x0040A526,
        0x0040A730, 0x00400555, 0x00400560, 0x00400610,
    )
)  # fmt: skip


class Order:
    """What is looked up in one byte order, ``<`` or ``>``, again and again.

    Value representations are the 16-bit numbers that the head of an element unpacks: quicker to
    look up than bytes.
    """

    def __init__(self, order: str) -> None:
        def number(vr: bytes) -> int:
            found: int = struct.unpack(f"{order}H", vr)[0]
            return found

        self.explicit_head = struct.Struct(f"{order}HHHH").unpack_from
        self.implicit_head = struct.Struct(f"{order}HHI").unpack_from
        self.word = struct.Struct(f"{order}I").unpack_from
        self.short = frozenset(map(number, SHORT_VRS))
        self.long = frozenset(map(number, LONG_VRS))
        self.bulk = frozenset(map(number, BULK_VRS))
        self.sq, self.un = number(b"SQ"), number(b"UN")
        self.sequence_end = struct.pack(f"{order}HHI", 0xFFFE, 0xE0DD, 0)


class Break(Exception):
    """The bytes contradict themselves at ``offset``, inside the items ``torn`` (by identity)."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.torn: set[int] = set()


class Excess(Exception):
    """One of the limits is passed."""


class Raw(dict[int, "bytes | Sequence"]):
    """A data set or sequence item: values by tag (group * 65536 + element)."""

    __slots__ = ("offset",)
    offset: int

    @classmethod
    def at(cls, offset: int) -> "Raw":
        """Return an empty data set that begins at ``offset``."""
        made = cls()
        made.offset = offset
        return made


class Sequence(list[Raw]):
    """The items of a sequence."""

    __slots__ = ()


class CodeSequence(Sequence):
    """The items of a code sequence, shared by all places with the same bytes.

    ``codes`` holds what the items mean by character set; ``elements`` is what they count for.
    """

    __slots__ = ("codes", "elements")

    def __init__(self) -> None:
        self.codes: dict[Charset, Code] = {}
        self.elements = 0
