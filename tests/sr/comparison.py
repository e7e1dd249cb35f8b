"""One comparison of the decoder with pydicom, for files and for their mutants."""

import warnings
from dataclasses import replace

from pydicom.uid import ImplicitVRLittleEndian

from adapter.errors import RefusedInput
from adapter.sr.content import Item, SrDocument
from adapter.sr.decode import decode
from adapter.sr.elements import Reader
from adapter.sr.limits import Limits
from adapter.sr.part10 import layout
from adapter.sr.raw import Raw
from tests.sr import oracle

LAYOUT = {  # where the layout itself is mended, pydicom may see other elements
    "implicit-in-explicit",
    "no-file-meta",
    "no-preamble",
    "no-transfer-syntax",
    "transfer-syntax",
}

DECLARED = {"charset-first", "charset-misspelt", "charset-several", "charset-unknown"}
EXPLAINS = ("charset-", "code-", "content-", "frames-", "number-several", "value-")


def items(item: Item) -> list[Item]:
    """Return an item and all below it, in document order, without children and offsets."""
    found = [replace(item, children=(), offset=-1)]
    for child in item.children:
        found += items(child)
    return found


def difference(data: bytes, name: str) -> str:
    """Say where the decoder and pydicom differ without a deviation; empty where they do not.

    A file that ours refuses, or that only pydicom refuses, is no difference.
    """
    try:
        ours = decode(data, name)
    except RefusedInput:
        return ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _difference(data, name, ours)
        except (AssertionError, MemoryError):
            raise
        except Exception:  # pydicom's errors have no common class
            return ""


def _difference(data: bytes, name: str, ours: SrDocument) -> str:
    ds = oracle.read(data)
    ids = {id for id, *_ in ours.deviations}
    told = {path for id, path, *_ in ours.deviations if id.startswith(EXPLAINS)}
    place = layout(data, name, Limits())
    raw = Raw.at(place.start)
    Reader(place.data, place.little, Limits()).read(raw, len(place.data), place.explicit)
    implicit = ours.transfer_syntax == ImplicitVRLittleEndian
    if not oracle.same_values(oracle.our_values(raw), oracle.raw_values(ds, implicit)):
        return "" if ids & LAYOUT else "raw values differ"
    walk = oracle.Walk()
    root = walk.item(ds)
    assert ours.root is not None
    mine, theirs = items(ours.root), items(root)
    if [one.path for one in mine] != [one.path for one in theirs]:
        return "paths differ"
    for a, b in zip(mine, theirs, strict=True):
        if a != b and a.path not in told and a.path not in walk.unsure and not ids & DECLARED:
            return f"item {a.path} differs: {a} is {b} to pydicom"
    return ""
