"""The same findings as many senders write them give one conclusion: grades, trail, what is missing.

Only the sources differ: the names of the files and the paths in them.
"""

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from adapter import pipeline
from adapter.cli.demo import grades
from tests.readers.dicom_sr import test_dialects as dialects
from tests.readers.dicom_sr.building import file
from tests.readers.dicom_sr.test_dialects import DIALECTS, contract

TEN = {
    "SRT codes": DIALECTS["SRT codes"],
    "TID 1411": lambda: file(*contract(template="1411")),
    "TID 2000, CODE items": DIALECTS["TID 2000, DCM headings"],
    "no template": DIALECTS["no template"],
    "implicit VR": lambda: file(*contract(), syntax=ImplicitVRLittleEndian),
    "deflated": lambda: file(*contract(), syntax=DeflatedExplicitVRLittleEndian),
    "big endian": DIALECTS["big endian"],
    r"\ISO 2022 IR 87": DIALECTS["words, JIS"],
    r"ISO 2022 IR 13\ISO 2022 IR 87": DIALECTS["words, half-width kana and JIS"],
    "nested character set": DIALECTS["nested character set"],
}
OTHERS = {name: make for name, make in DIALECTS.items() if make not in TEN.values()}
# State of the venous mimic; established and possible grade that all must give.
STATES = {
    "the mimic undetermined": (dialects.UNDETERMINED, "withheld", "definite"),
    "the mimic ruled out": (dialects.ABSENT, "definite", "definite"),
}


@pytest.fixture(params=STATES)
def wanted(request, monkeypatch):
    """Say the findings with one state of the venous mimic; return the grades they must give."""
    mimic, established, possible = STATES[request.param]
    attributes = (*dialects.ATTRIBUTES[:2], ("mimic-venous", mimic))
    monkeypatch.setattr(dialects, "ATTRIBUTES", attributes)
    return established, possible


def graded(make):
    return pipeline.grade([("input.dcm", make())])


@pytest.mark.parametrize("dialect", [*TEN, *OTHERS])
def test_every_dialect_gives_the_same_conclusions_and_trail(dialect, wanted):
    plain = graded(lambda: file(*contract()))
    leak = plain.graded.conclusions[0]
    assert (leak.established, leak.possible) == wanted
    assert leak.trail
    other = graded({**TEN, **OTHERS}[dialect])
    assert grades(other) == grades(plain)
    told = [i.code for i in other.graded.case.issues if i.severity != "information"]
    assert told == (["not-mapped"] if dialect == "nested character set" else [])  # a comment in it


def test_the_dialects_are_different_files():
    files = [make() for make in TEN.values()]
    assert len(set(files)) == 10
