"""References to images, and regions in them, to what a written report carries again.

A reference belongs to the measurement group it stands in, or to the finding it stands below. What
stands in neither (an image library, a section of several findings) belongs to no finding: its
images stay evidence of the document. Source: DICOM PS3.16 TID 1501 rows 10b to 10e, TID 1410, 1411.
"""

from collections.abc import Iterator

from adapter.model import Picture
from adapter.readers.dicom_sr.codes import Lookup
from adapter.readers.dicom_sr.kept import coded
from adapter.readers.dicom_sr.parts import grouped
from adapter.sr.content import Graphic, Item, Reference

_REFERENCES = frozenset(("IMAGE", "COMPOSITE", "WAVEFORM"))
_REGIONS = frozenset(("SCOORD", "SCOORD3D"))


def pictures(root: Item, lookup: Lookup) -> tuple[Picture, ...]:
    """Return the references and regions of the tree that belong to a finding or a group."""
    return tuple(_within(root, root, "", lookup))


def _within(item: Item, root: Item, group: str, lookup: Lookup) -> Iterator[Picture]:
    for child in item.children:
        if child.value_type in _REFERENCES or child.value_type in _REGIONS:
            found = _picture(child, root, group, lookup) if group else None
            if found is not None:
                yield found
        elif child.children and not (
            child.value_type == "CONTAINER" and lookup.named(child) == "image-library"
        ):
            yield from _within(child, root, _group(child, group, lookup), lookup)


def _group(item: Item, group: str, lookup: Lookup) -> str:
    """Return the path of what an item's references belong to; empty where it is no one thing."""
    if item.value_type == "CONTAINER":
        return item.path if grouped(item, lookup) else group
    return group or item.path


def _picture(item: Item, root: Item, group: str, lookup: Lookup) -> Picture | None:
    """Return a reference or region; None where it refers to nothing."""
    value = item.value
    source = lookup.source(item)
    names = (coded(item.name, lookup),) if item.name is not None else ()
    if isinstance(value, Reference):
        return Picture(
            source=source,
            group=group,
            kind=item.value_type,
            names=names,
            sop_class=value.sop_class,
            sop_instance=value.sop_instance,
            frames=value.frames,
        )
    if not isinstance(value, Graphic):
        return None
    below = (_target(child, root) for child in item.children)
    images = (_picture(one, root, group, lookup) for one in below if one is not None)
    return Picture(
        source=source,
        group=group,
        kind=item.value_type,
        names=names,
        shape=value.type,
        points=value.points,
        frame_of_reference=value.frame_of_reference,
        of=tuple(one for one in images if one is not None and one.sop_instance),
    )


def _target(item: Item, root: Item) -> Item | None:
    """Return the image a region is selected from, also by reference; None for anything else."""
    if item.relationship != "SELECTED FROM":
        return None
    found: Item | None = item
    if item.by_reference:
        found = root
        for at in item.by_reference[1:]:
            inside = found is not None and 0 < at <= len(found.children)
            found = found.children[at - 1] if found is not None and inside else None
    return found if found is not None and found.value_type in _REFERENCES else None
