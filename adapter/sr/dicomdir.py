"""A DICOMDIR to the SR files it lists. Source: DICOM PS3.3 F.3, PS3.10 section 8."""

from collections.abc import Iterator
from typing import Any

from adapter.errors import RefusedInput
from adapter.sr.elements import Reader
from adapter.sr.limits import Limits
from adapter.sr.part10 import layout
from adapter.sr.raw import Break, Excess, Raw

NAME = "DICOMDIR"
_SR = ("SR DOCUMENT",)
_MEDIA_STORAGE = b"UI\x14\x001.2.840.10008.1.3.10"


def is_dicomdir(data: bytes) -> bool:
    """Return whether `data` is a DICOMDIR: its media storage class says so."""
    return data[128:132] == b"DICM" and _MEDIA_STORAGE in data[132:1024]


def sr_files(data: bytes, name: str) -> tuple[str, ...]:
    """Return the SR files a DICOMDIR lists, as paths below its folder with ``/``, in its order.

    A path that leaves the folder is left out.

    Raises
    ------
    RefusedInput
        The directory cannot be read.
    """
    import io
    import warnings

    from pydicom import dcmread

    _check_whole(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            records = dcmread(io.BytesIO(data)).DirectoryRecordSequence
            return tuple(dict.fromkeys(_paths(records)))
    except Exception as error:  # pydicom raises whatever its parts raise
        kind = type(error).__name__
        raise RefusedInput(f"the DICOMDIR cannot be read ({kind})", name) from error


def _check_whole(data: bytes, name: str) -> None:
    """Refuse a directory that is cut short: pydicom would list what is left without a word."""
    place = layout(data, name, Limits())
    try:
        Reader(place.data, place.little, Limits()).read(
            Raw.at(place.start), len(place.data), place.explicit
        )
    except (Break, Excess) as error:
        raise RefusedInput("the DICOMDIR is cut short or damaged; copy it again", name) from error


def _paths(records: Any) -> Iterator[str]:
    for record in records:
        parts = record.get("ReferencedFileID") or ()
        parts = [parts] if isinstance(parts, str) else [str(part) for part in parts]
        safe = parts and all(part and part.strip(".") and "/" not in part for part in parts)
        if str(record.get("DirectoryRecordType", "")).strip() in _SR and safe:
            yield "/".join(parts)
