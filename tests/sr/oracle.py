"""What pydicom sees in a file, for comparison with what the decoder sees.

Two views: the raw values of every data set by tag, and the content tree with its text. pydicom
reads a sequence when it is asked for, so both walks ask for all of them.
"""

import io
from typing import Any

import pydicom
from pydicom import charset, config
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from adapter.sr.content import Code, Graphic, Item, Number, Reference
from adapter.sr.raw import SEQUENCES, Raw, Sequence

LINES = {0x0A, 0x0C, 0x0D, 0x09}
VALUES = LINES | {0x5C}
NAMES = VALUES | {0x5E, 0x3D}
TEXTS = {
    "TEXT": (0x0040A160, LINES),
    "UIDREF": (0x0040A124, VALUES),
    "PNAME": (0x0040A123, NAMES),
    "DATE": (0x0040A121, VALUES),
    "TIME": (0x0040A122, VALUES),
    "DATETIME": (0x0040A120, VALUES),
}
ITEM = b"\xfe\xff\x00\xe0"
UNSURE = object()  # text that pydicom cannot decode strictly


def read(data: bytes) -> Dataset:
    """Read a file as leniently as pydicom can."""
    return pydicom.dcmread(io.BytesIO(data), force=True)


def raw_values(ds: Dataset, implicit: bool) -> dict[int, Any]:
    """Return bytes by tag, and lists of the same for sequences."""
    values: dict[int, Any] = {}
    for tag in list(ds.keys()):
        if tag == 0x00080005:  # converted while reading
            value = ds[tag].value
            if not str(value).isascii():
                values[0x00080005] = UNSURE
                continue
            values[tag] = _terms([value] if isinstance(value, str | None) else list(value))
            continue
        element = ds.get_item(tag)
        sequence = element.VR == "SQ" or (
            int(tag) in SEQUENCES and (implicit or element.VR == "UN")
        )
        if sequence:
            values[int(tag)] = [raw_values(entry, implicit) for entry in ds[tag].value or ()]
        elif isinstance(element, RawDataElement):
            values[int(tag)] = element.value or b""
        else:
            values[int(tag)] = UNSURE
    return values


def _terms(values: list[str | None]) -> list[bytes]:
    return [(value or "").strip().encode() for value in values]


def our_values(raw: Raw) -> dict[int, Any]:
    """Return the same view of the decoder's raw data set."""
    values: dict[int, Any] = {}
    for tag, value in raw.items():
        if isinstance(value, Sequence):
            values[tag] = [our_values(entry) for entry in value]
        elif tag == 0x00080005:
            text = value.decode("latin_1").rstrip("\0 ")
            values[tag] = _terms(text.split("\\") if text else [None])
        else:
            values[tag] = value
    return values


def same_values(ours: Any, theirs: Any) -> bool:
    """Compare two views; what pydicom has already converted is not compared."""
    if theirs is UNSURE:
        return True
    if isinstance(ours, list) and isinstance(theirs, bytes) and theirs[:4] == ITEM:
        return True  # an open sequence whose tag the dictionary gives another VR
    if isinstance(theirs, dict):
        return (
            isinstance(ours, dict)
            and ours.keys() == theirs.keys()
            and all(same_values(ours[tag], theirs[tag]) for tag in theirs)
        )
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return False
        return all(same_values(a, b) for a, b in zip(ours, theirs, strict=True))
    return bool((ours or b"") == (theirs or b""))


class Walk:
    """Content trees of pydicom data sets, in the shape of the decoder's items."""

    def __init__(self) -> None:
        self.unsure: set[str] = set()  # paths where text does not decode strictly

    def text(self, ds: Dataset, tag: int, path: str, stops: set[int] = VALUES) -> str:
        """Return a text value, decoded by the data set's character sets."""
        if tag not in ds:
            return ""
        element = ds.get_item(tag)
        raw = element.value or b""
        if isinstance(raw, str):
            return raw.strip("\0 ")
        if not isinstance(raw, bytes):
            return str(raw)
        if b"\x1b" not in raw and raw.isascii():
            return raw.decode("ascii").strip("\0 ")
        sets = ds._character_set or "iso8859"
        sets = [sets] if isinstance(sets, str) else list(sets)
        default = sets[0] == "iso8859"  # pydicom's name for the default repertoire
        if default and not raw.isascii() and b"\x1b" not in raw:
            self.unsure.add(path)
            return ""
        before = config.settings._reading_validation_mode
        config.settings.reading_validation_mode = config.RAISE
        try:
            return charset.decode_bytes(raw, sets, stops).strip("\0 ")
        except (UnicodeError, LookupError, ValueError):
            self.unsure.add(path)
            return ""
        finally:
            config.settings._reading_validation_mode = before

    def sequence(self, ds: Dataset, tag: int) -> list[Dataset]:
        """Return the items of a sequence; none where it is no sequence."""
        if tag not in ds:
            return []
        value = ds[tag].value
        return list(value) if isinstance(value, pydicom.Sequence) else []

    def code(self, ds: Dataset, tag: int, path: str) -> Code | None:
        """Return the first code of a code sequence."""
        for entry in self.sequence(ds, tag)[:1]:
            value = ""
            for one in (0x00080100, 0x00080119, 0x00080120):
                value = value or self.text(entry, one, path)
            rest = [self.text(entry, one, path) for one in (0x00080102, 0x00080104, 0x00080103)]
            return Code(value, *rest) if value else None
        return None

    def item(self, ds: Dataset, path: str = "1") -> Item:
        """Return the content item of a data set."""
        kind = self.text(ds, 0x0040A040, path)
        below = enumerate(self.sequence(ds, 0x0040A730), 1)
        children = tuple(self.item(entry, f"{path}.{at}") for at, entry in below)
        relationship = self.text(ds, 0x0040A010, path)
        if not kind:
            return Item(path, "", relationship, children=children, by_reference=self.target(ds))
        template = self.sequence(ds, 0x0040A504)[:1]
        return Item(
            path,
            kind,
            relationship,
            self.code(ds, 0x0040A043, path),
            self.value(ds, kind, path),
            children,
            -1,
            self.text(ds, 0x0040A032, path),
            self.text(ds, 0x0040A171, path),
            self.text(template[0], 0x0040DB00, path) if template else "",
            (),
            self.text(ds, 0x0040A050, path) if kind == "CONTAINER" else "",
        )

    def target(self, ds: Dataset) -> tuple[int, ...]:
        """Return the Referenced Content Item Identifier."""
        if 0x0040DB73 not in ds:
            return ()
        value = ds[0x0040DB73].value
        return () if value is None else (value,) if isinstance(value, int) else tuple(value)

    def value(self, ds: Dataset, kind: str, path: str) -> Any:
        """Return the value of a content item by its value type."""
        if kind == "CODE":
            return self.code(ds, 0x0040A168, path)
        if kind in TEXTS:
            tag, stops = TEXTS[kind]
            return self.text(ds, tag, path, stops) if tag in ds else None
        if kind == "NUM":
            return self.number(ds, path)
        if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
            for entry in self.sequence(ds, 0x00081199)[:1]:
                frames = self.text(entry, 0x00081160, path)
                uid = self.text(entry, 0x00081155, path)
                numbers = tuple(int(one) for one in frames.split("\\")) if frames else ()
                return Reference(self.text(entry, 0x00081150, path), uid, numbers) if uid else None
        if kind in ("SCOORD", "SCOORD3D"):
            return self.graphic(ds, path)
        return None

    def graphic(self, ds: Dataset, path: str) -> Graphic | None:
        """Return the shape of a coordinates item."""
        kind = self.text(ds, 0x00700023, path)
        found = ds[0x00700022].value if 0x00700022 in ds else None
        if not kind or found is None:
            return None
        points = (found,) if isinstance(found, float) else tuple(found)
        return Graphic(kind, points, self.text(ds, 0x30060024, path)) if points else None

    def number(self, ds: Dataset, path: str) -> Number | None:
        """Return the value of a NUM item."""
        qualifier = self.code(ds, 0x0040A301, path)
        for entry in self.sequence(ds, 0x0040A300)[:1]:
            text = self.text(entry, 0x0040A30A, path)
            qualifier = qualifier or self.code(entry, 0x0040A301, path)
            if text or qualifier:
                return Number(text, self.code(entry, 0x004008EA, path), qualifier)
            return None
        return Number("", None, qualifier) if qualifier else None
