"""PixelMed's rules of templates and context groups find no error in any SR that is written.

One JVM is asked about all files: some 4 s each. `make interop` runs it.
"""

import shutil
import subprocess
from pathlib import Path

from adapter import pipeline
from adapter.gates import ERROR, sr_tools
from adapter.gates.sr_tools import _pixelmed
from adapter.writers.dicom_sr import write
from adapter.writers.options import WriteOptions
from tests.conftest import _missing
from tests.writers.dicom_sr.test_pictures import with_pictures
from tests.writers.graded_examples import CASES, TERMS, grade

REPO = Path(__file__).parents[2]
DRIVER = Path(__file__).parent / "pixelmed" / "ValidateAll.java"
KINDS = ("comprehensive", "comprehensive3d", "enhanced", "basic-text")


def _written(folder: Path) -> dict[str, Path]:
    """Write each sample as two kinds of SR, and each made case as every kind."""
    files = {}
    for sample in sorted((REPO / "sample_data").glob("[0-9]*")):
        outcome = pipeline.grade(pipeline.sources([sample / "sr"]))
        for kind in ("comprehensive", "basic-text"):
            name = f"{sample.name[:2]}-{kind}.dcm"
            options = pipeline.Options(write=WriteOptions(sr=kind))
            files[name] = folder / name
            files[name].write_bytes(pipeline.write(outcome, "sr", options))
    for at, case in enumerate(("one exam of each kind", "brain with details and measures")):
        for kind in KINDS:
            name = f"case{at}-{kind}.dcm"
            files[name] = folder / name
            data = write(grade(CASES[case]), TERMS, WriteOptions(sr=kind, charset="iso-2022-jp"))
            files[name].write_bytes(data)
    for kind in KINDS[:3]:
        name = f"pictures-{kind}.dcm"
        files[name] = folder / name
        data = write(grade(with_pictures()), TERMS, WriteOptions(sr=kind))
        files[name].write_bytes(data)
    return files


def test_pixelmed_finds_no_error_in_what_is_written(tmp_path: Path) -> None:
    command = sr_tools.pixelmed()
    if command is None or shutil.which("javac") is None:
        _missing("PixelMed with a JDK", "CSFLEAK_REQUIRE_VALIDATORS")
        return
    files = _written(tmp_path)
    broken = REPO / "tests" / "broken_sr" / "b18_findingsite_contains.dcm"
    files["b18.dcm"] = shutil.copy(broken, tmp_path / "b18.dcm")
    done = subprocess.run(
        [*command[:-1], str(DRIVER), *files],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", timeout=1500,
    )  # fmt: skip
    parts = done.stdout.split("File: ")[1:]
    asked = {part.partition("\n")[0]: part for part in parts}
    assert set(asked) == set(files), done.stderr[-2000:]
    errors = {name: list(_pixelmed(part, 0, False)) for name, part in asked.items()}
    # It is awake: the broken one is found, and found where it is broken.
    assert [(b.rule, b.severity, b.path) for b in errors.pop("b18.dcm")] == [
        ("incorrect-relationship", ERROR, "1.13.1.4")
    ]
    assert {name: found for name, found in errors.items() if found} == {}
    # What it does not know it passes without a word: it names the storage class of each.
    assert [
        name for name, part in asked.items() if " IOD" not in part.partition("IOD val")[0]
    ] == []
