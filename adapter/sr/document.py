"""Raw data sets, wherever they come from, to an ``SrDocument``; what cannot be one is refused.

Source: DICOM PS3.3 A.35, C.17.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from adapter.errors import Damaged, NothingForUs, RefusedInput
from adapter.sr.charset import charset
from adapter.sr.content import SrDocument
from adapter.sr.header import SOP_CLASS, SOP_INSTANCE, context, header
from adapter.sr.raw import Break, Raw, Sequence
from adapter.sr.sop_classes import may_report, other_than_sr
from adapter.sr.tags import CONTENT, VALUE_TYPE
from adapter.sr.tree import Note, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of a data set beside its elements.

    Parameters
    ----------
    name : str
        What error messages call it.
    deviations : int
        How many deviations are kept.
    syntax : str
        Transfer syntax; empty for a JSON or XML model.
    little : bool
        Byte order of binary values.
    media_class, media_instance : str
        SOP class and instance of the file meta information.
    notes : iterable of Note
        What was mended before, as deviations.
    left_out : int
        What was mended before and is not in ``notes``.
    """

    name: str
    deviations: int
    syntax: str = ""
    little: bool = True
    media_class: str = ""
    media_instance: str = ""
    notes: Iterable[Note] = ()
    left_out: int = 0


def document(raw: Raw, origin: Origin, damage: Break | None = None) -> SrDocument:
    """Return the SR document of a raw data set.

    ``damage`` is where the bytes broke off: the items it is in are dropped or told as ``cut``.

    Raises
    ------
    Damaged
        It lacks what every SR document has.
    RefusedInput
        It is no SR document that holds findings.
    """
    tree = Tree(origin.little, origin.deviations)
    for note in origin.notes:
        tree.tell(*note)
    tree.left_out += origin.left_out
    _check(raw, origin, tree, damage)
    sets = tree.sets(raw, charset(b""), "")
    fields = header(raw, tree, sets)
    if not fields.get("SOPClassUID"):
        fields["SOPClassUID"] = origin.media_class
    if not fields.get("SOPInstanceUID"):
        fields["SOPInstanceUID"] = origin.media_instance
    around = context(raw, tree, sets)
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
        origin.syntax,
        around.requests,
        around.other_ids,
    )


def _check(raw: Raw, origin: Origin, tree: Tree, damage: Break | None) -> None:
    """Refuse what cannot be a whole SR document; a cut between two elements shows only here."""
    name, kind = origin.name, _text(raw, SOP_CLASS)
    refuse_others(kind, name)
    if not kind and origin.media_class:
        tree.tell("class-missing", "", "SOP Class UID is missing", "taken from the file meta")
    elif not kind:
        raise Damaged("has no SOP Class UID: cut short, or not an SR document", name)
    if not _text(raw, SOP_INSTANCE):
        if not origin.media_instance:
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


def sop_class(raw: Raw) -> str:
    """Return the SOP class, or an empty text."""
    return _text(raw, SOP_CLASS)


def refuse_others(uid: str, name: str) -> None:
    """Raise ``RefusedInput`` for a SOP class that holds no findings; it may be empty."""
    what = other_than_sr(uid)
    kind = RefusedInput if may_report(uid) else NothingForUs
    if what:
        raise kind(f"is {what}, not an SR document with findings", name)


def torn(raw: Raw, found: Break) -> list[tuple[str, Raw]]:
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
    for path, item in torn(raw, found):
        if item is not raw and _text(item, VALUE_TYPE) != "CONTAINER":
            below = holder[CONTENT]
            assert isinstance(below, Sequence)
            below.pop()
            break
        paths.append(path)
        holder = item
    return paths
