"""The SR files that the decoder's tests share: by name, as bytes."""

import os
from pathlib import Path

from benchmarks.japanese_report import dataset, written

TESTS = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("CSFLEAK_SHARED", TESTS.parents[1] / "shared"))


def local() -> dict[str, bytes]:
    """Return the files of this repository, and reports made here in several layouts."""
    folders = (TESTS / "bugs", TESTS / "broken_sr")
    found = {path.name: path.read_bytes() for folder in folders for path in folder.glob("*.dcm")}
    return dict(sorted({**found, **made()}.items()))


def made() -> dict[str, bytes]:
    """Return one Japanese report in several layouts and character sets."""
    ir87, ir13 = ["", "ISO 2022 IR 87"], ["ISO 2022 IR 13", "ISO 2022 IR 87"]
    return {
        "made-utf8": written(dataset()),
        "made-utf8-undefined": written(dataset(), undefined=True),
        "made-utf8-implicit": written(dataset(), explicit=False),
        "made-ir87": written(dataset(ir87)),
        "made-ir87-implicit-undefined": written(dataset(ir87), explicit=False, undefined=True),
        "made-ir13-ir87": written(dataset(ir13)),
    }


def pydicoms() -> dict[str, bytes]:
    """Return the SR files that come with pydicom."""
    import pydicom

    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    names = ("reportsi.dcm", "reportsi_with_empty_number_tags.dcm", "test-SR.dcm")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def real() -> dict[str, bytes]:
    """Return the public SR files of the reference material; empty without it."""
    folder = SHARED / "corpus" / "real" / "sr"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.dcm"))}


def everything() -> dict[str, bytes]:
    """Return all of them."""
    return {**local(), **pydicoms(), **real()}
