"""Two validators by other hands, pyrofile-validator and fhirkit-rs, on what we write in R4.

Neither shares code with HL7's engine. ``make interop`` installs them (``requirements.txt``, locked
with hashes); elsewhere the tests skip. Both know base R4 alone: pyrofile-validator takes a guide's
definitions from a registry only, and warns of each profile that it has not.
"""

import importlib
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.interop import written
from tests.interop.written import Way

WAYS = [way for way in written.ways() if way.release == "r4"]
WRONG = sorted((Path(__file__).parents[1] / "wrong_fhir").glob("0*.json")) + sorted(
    (Path(__file__).parents[1] / "wrong_fhir").glob("1*.json")
)

EXPLAINED = (
    # rule and message of pyrofile-validator that are passed over, with the reason
    ("profile.unknown", "", "a guide's definitions are not at hand"),
    ("extension.unknown", "http://hl7", "nor are those of a guide's extensions"),
    (
        "element.unknown",
        r"Composition\.section\[\d+\]\.text$",
        "its built-in Composition has no section.text, R4's has",
    ),
    (
        "reference.contained.unresolved",
        "reference # does not resolve",
        "# is the resource that contains: R4 references.html, contained resources",
    ),
)

MISSED = {
    # validator: reports of tests/wrong_fhir that it takes, with the reason
    "pyrofile": {
        "03_no_code": "its built-in definition of DiagnosticReport does not ask for a code",
        "05_result_not_list": "an object is taken for a list of one",
    },
    "fhirkit": {
        "02_bad_status_code": "no value sets",
        "09_wrong_ref_type": "no targets of references",
        "12_div_no_ns": "XHTML is not read",
    },
}


def _pyrofile(data: bytes) -> Iterator[str]:
    for issue in _loaded().validate_resource(json.loads(data)).issues:
        if issue.severity.value != "information" and not _is_explained(issue):
            yield f"{issue.code} at {issue.path}: {issue.message}"


def _is_explained(issue: Any) -> bool:
    return any(issue.code == code and re.search(said, issue.message) for code, said, _ in EXPLAINED)


@cache
def _loaded():  # type: ignore[no-untyped-def]  # it is not there in a plain environment
    return importlib.import_module("pyrofile_validator").Validator()


def _fhirkit(data: bytes) -> Iterator[str]:
    for issue in importlib.import_module("fhirkit").validate(data):
        yield f"{issue.path}: {issue.message}"


VALIDATORS: dict[str, tuple[str, Callable[[bytes], Iterator[str]]]] = {
    "pyrofile": ("pyrofile_validator", _pyrofile),
    "fhirkit": ("fhirkit", _fhirkit),
}


@pytest.fixture(params=VALIDATORS)
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of a validator that is installed."""
    module, _ = VALIDATORS[request.param]
    pytest.importorskip(module, reason=f"{module} is not installed: make interop")
    return str(request.param)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_we_write_is_right_for_others_too(name: str, way: Way) -> None:
    _, validate = VALIDATORS[name]
    assert {file: told for file, data in written.files(way) if (told := [*validate(data)])} == {}


@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_wrong_report_is_caught_or_known_to_be_missed(name: str, file: Path) -> None:
    _, validate = VALIDATORS[name]
    assert bool([*validate(file.read_bytes())]) != (file.stem in MISSED[name])


def test_what_one_misses_the_other_catches() -> None:
    assert not MISSED["pyrofile"].keys() & MISSED["fhirkit"].keys()
