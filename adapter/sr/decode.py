"""Bytes of a DICOM SR file to an ``SrDocument``.

Explicit and implicit VR little endian, deflated, and explicit VR big endian, in one pass. A file
that ends early or contradicts its own lengths gives no document, unless salvaged.
Source: DICOM PS3.3 C.17 (SR modules), PS3.5, PS3.10.
"""

from adapter.errors import Damaged, LimitExceeded, RefusedInput
from adapter.sr.charset import charset
from adapter.sr.content import SrDocument
from adapter.sr.elements import Reader
from adapter.sr.header import SOP_CLASS, SOP_INSTANCE, Context, context, header
from adapter.sr.limits import DEFAULT, Limits
from adapter.sr.part10 import Layout, layout, sniff
from adapter.sr.raw import Break, Excess, Raw, Sequence
from adapter.sr.sop_classes import other_than_sr
from adapter.sr.tree import CONTENT, VALUE_TYPE, Tree

__all__ = ["Limits", "decode", "sniff"]

MENDED = {
    "implicit-in-explicit": ("implicit VR inside explicit VR", "read as implicit"),
    "order": ("an element out of order", "read where it stands"),
}


def decode(
    data: bytes,
    name: str,
    limits: Limits = DEFAULT,
    *,
    salvage: bool = False,
) -> SrDocument:
    """Return the SR document in ``data``.

    Parameters
    ----------
    data : bytes
        A DICOM file, with or without preamble and file meta information.
    name : str
        What error messages call it.
    limits : Limits
        How much is read.
    salvage : bool
        Take what stands whole before the damage; ``cut`` deviations then name the containers that
        are not. Nothing may be graded as established from such a document.

    Raises
    ------
    Damaged
        The file ends early, contradicts its lengths, or lacks what every SR document has.
    LimitExceeded
        One of the limits is passed.
    RefusedInput
        Not DICOM, or DICOM but no SR with findings; the message says what it is.
    """
    place = layout(data, name, limits)
    _refuse_others(place.media_class, name)
    if len(data) > limits.file:
        raise LimitExceeded(f"has more than {limits.file} bytes", name)
    raw = Raw.at(place.start)
    reader = Reader(place.data, place.little, limits, salvage)
    damage: Break | None = None
    try:
        reader.read(raw, len(place.data), place.explicit)
    except Excess as excess:
        raise LimitExceeded(f"has {excess}", name) from None
    except Break as found:
        _refuse_others(_text(raw, SOP_CLASS), name)
        if not salvage:
            raise _damaged(found, place, limits, name) from None
        damage = found
    return _document(raw, reader, place, name, limits, damage)


def _document(
    raw: Raw, reader: Reader, place: Layout, name: str, limits: Limits, damage: Break | None
) -> SrDocument:
    tree = Tree(place.little, limits.deviations)
    for note in place.notes:
        tree.tell(*note)
    for id, offset in reader.mended:
        what, done = MENDED[id]
        tree.tell(id, "", f"{what} at offset {offset}", done)
    tree.left_out += reader.mends - len(reader.mended)
    _check(raw, place, name, tree, damage)
    sets = tree.sets(raw, charset(b""), "")
    fields = header(raw, tree, sets)
    if not fields.get("SOPClassUID"):
        fields["SOPClassUID"] = place.media_class
    if not fields.get("SOPInstanceUID"):
        fields["SOPInstanceUID"] = place.media_instance
    around: Context = context(raw, tree, sets)
    if damage is not None:
        for path in _drop(raw, damage):
            tree.tell("cut", path, f"{damage.message} at offset {damage.offset}", "not whole")
    root = tree.item(raw, "1", sets)
    if tree.left_out:
        tree.notes.append(("more", "", f"{tree.left_out} more deviations", "left out"))
    return SrDocument(
        root,
        fields,
        around.evidence,
        around.predecessors,
        around.schemes,
        around.procedures,
        around.verifiers,
        tuple(tree.notes),
        place.syntax,
        around.requests,
    )


def _check(raw: Raw, place: Layout, name: str, tree: Tree, damage: Break | None) -> None:
    """Refuse what cannot be a whole SR document; a cut between two elements shows only here."""
    kind = _text(raw, SOP_CLASS)
    _refuse_others(kind, name)
    if not kind and place.media_class:
        tree.tell("class-missing", "", "SOP Class UID is missing", "taken from the file meta")
    elif not kind:
        raise Damaged("has no SOP Class UID: cut short, or not an SR document", name)
    if not _text(raw, SOP_INSTANCE):
        if not place.media_instance:
            raise Damaged("has no SOP Instance UID: cut short, or not an SR document", name)
        tree.tell("instance-missing", "", "SOP Instance UID is missing", "taken from the file meta")
    if min(raw, default=0) < 0x00080000:
        raise Damaged("has file meta information inside its data set", name)
    if VALUE_TYPE not in raw and CONTENT not in raw and damage is None:
        raise Damaged("has no content: neither Value Type nor Content Sequence", name)
    if CONTENT not in raw:
        tree.tell("no-content", "1", "there is no Content Sequence", "nothing is recorded")


def _text(raw: Raw, tag: int) -> str:
    value = raw.get(tag)
    return value.decode("ascii", "replace").strip("\0 ") if isinstance(value, bytes) else ""


def _refuse_others(sop_class: str, name: str) -> None:
    what = other_than_sr(sop_class)
    if what:
        raise RefusedInput(f"is {what}, not an SR document with findings", name)


def _damaged(found: Break, place: Layout, limits: Limits, name: str) -> Damaged:
    raw, torn = Raw.at(place.start), found
    try:  # once more, looking into what passes its end, to tell which item the damage is in
        Reader(place.data, place.little, limits, True).read(raw, len(place.data), place.explicit)
    except Break as again:
        torn = again
    except Excess:
        pass
    path = _torn(raw, torn)[-1][0]
    where = f", item {path}" if path != "1" else ""
    return Damaged(
        f"{found.message}: the file is cut short or damaged. Fetch it again.",
        f"{name}{where}, offset {found.offset}",
    )


def _torn(raw: Raw, found: Break) -> list[tuple[str, Raw]]:
    """Return the content items the damage is in, by path; the root is always one."""
    path, torn = "1", [("1", raw)]
    below = raw.get(CONTENT)
    while isinstance(below, Sequence) and below and id(below[-1]) in found.torn:
        path = f"{path}.{len(below)}"
        torn.append((path, below[-1]))
        below = below[-1].get(CONTENT)
    return torn


def _drop(raw: Raw, found: Break) -> list[str]:
    """Remove the outermost torn item that is no container; return the paths of those left."""
    paths = []
    holder = raw
    for path, item in _torn(raw, found):
        if item is not raw and _text(item, VALUE_TYPE) != "CONTAINER":
            below = holder[CONTENT]
            assert isinstance(below, Sequence)
            below.pop()
            break
        paths.append(path)
        holder = item
    return paths
