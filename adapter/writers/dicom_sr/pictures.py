"""Images and regions that findings rest on to IMAGE, COMPOSITE, SCOORD and SCOORD3D items.

What is referred to must be listed as evidence, so only what the inputs list is written. A region in
space has a place in Comprehensive 3D SR alone.
Source: DICOM PS3.16 TID 1501 rows 10b to 10e; PS3.3 A.35, C.18.6.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from adapter.model import Case, Issue, Picture, Source, Statement
from adapter.sr.content import Graphic, Item, Reference
from adapter.terms import Terms
from adapter.writers.dicom_sr import unmapped
from adapter.writers.dicom_sr.evidence import evidenced
from adapter.writers.dicom_sr.items import CONTAINS, is_uid

IN_SPACE = ("comprehensive3d",)
"""Kinds of SR that may hold SCOORD3D."""
_OF_OTHERS = frozenset(
    ("DCM", value)
    for value in ("111030", "121191", "121214", "121231", "121232", "121233", "130488")
)  # names of TID 1410 and 1411
_WHERE = Source(document="")


class Pictures:
    """The pictures of a case that a kind of SR may hold, and which were handed out."""

    def __init__(self, case: Case, terms: Terms, kind: str) -> None:
        listed = evidenced(case)
        self.terms = terms
        self.found = tuple(p for p in case.pictures if not why_not(p, kind, listed))

    def of(self, statements: Iterable[Statement]) -> Iterator[Item]:
        """Yield what the statements of one group rest on, each thing once."""
        places = {(s.source.document, s.source.id, s.source.path) for s in statements}
        mine = (p for p in self.found if any(_belongs(p, place) for place in places))
        for one in dict.fromkeys(map(_bare, mine)):
            yield _item(one, CONTAINS, self.terms)


def _belongs(picture: Picture, place: tuple[str, str, str]) -> bool:
    document, id, path = place
    source = picture.source
    return (source.document, source.id) == (document, id) and (
        path == picture.group or path.startswith(f"{picture.group}.")
    )


def _bare(picture: Picture) -> Picture:
    """Return a picture without where it stood: two inputs may carry the same."""
    return replace(picture, source=_WHERE, group="", of=tuple(map(_bare, picture.of)))


def why_not(picture: Picture, kind: str, listed: frozenset[tuple[str, str]]) -> str:
    """Return why a picture has no place in a kind of SR; empty where it has one."""
    if picture.kind == "SCOORD3D":
        if kind not in IN_SPACE:
            return "a region in space has no place in this kind of SR: take --sr comprehensive3d"
        if not is_uid(picture.frame_of_reference):
            return "a region in space names no frame of reference"
        return ""
    if picture.kind == "SCOORD" and len(picture.of) != 1:
        return "a region is not selected from exactly one image"
    referred = picture.of or (picture,)
    if any((one.sop_class, one.sop_instance) not in listed for one in referred):
        return "an image is not listed as evidence by its document"
    return ""


def left_out(case: Case, kind: str) -> tuple[Issue, ...]:
    """Return what of the findings' pictures a kind of SR does not carry, and why."""
    listed = evidenced(case)
    return tuple(
        Issue(
            severity="warning",
            code="picture-left-out",
            diagnostics=why,
            document=picture.source.document,
            expression=picture.source.path,
        )
        for picture in case.pictures
        if (why := why_not(picture, kind, listed))
    )


def _item(picture: Picture, relationship: str, terms: Terms) -> Item:
    name = unmapped.code(picture.names, terms) if picture.names else None
    # TID 1501 names no region; PixelMed takes every group for TID 1410 where one has its names.
    if name is not None and (name.scheme, name.value) in _OF_OTHERS:
        name = None
    value: Reference | Graphic = (
        Graphic(picture.shape, picture.points, picture.frame_of_reference)
        if picture.shape
        else Reference(picture.sop_class, picture.sop_instance, picture.frames)
    )
    children = tuple(_item(one, "SELECTED FROM", terms) for one in picture.of)
    return Item("", picture.kind, relationship, name, value, children)
