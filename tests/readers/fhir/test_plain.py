"""The short way reads what the general way reads, and nothing else."""

from typing import Any

import pytest

from adapter.readers.fhir import walk
from tests.readers.fhir.building import SCT, Json, at, bundle, coded, comp, obs, ours, read
from tests.readers.fhir.test_contract import CASES, GOLDEN, INDEPENDENT

SIDE = comp(coded(SCT, "272741003"), valueCodeableConcept=coded(SCT, "7771000"))
GROUPED = bundle(
    obs("spinal-mri", None, id="g", hasMember=[{"reference": "Observation/o1"}],
        derivedFrom=[{"reference": "ImagingStudy/s"}]),
    obs(component=[at("1626008"), SIDE, comp("enhancement", "absent")],
        bodySite={"text": "Th3"}, identifier=[{"system": "urn:dicom:uid", "value": "1.2"}]),
    {"resourceType": "ImagingStudy", "id": "s", "status": "available", "started": "2026-03-01"},
)  # fmt: skip
FORMS: dict[str, Any] = {
    "grouped": GROUPED,
    "attribute beside": bundle(
        obs("spinal-mri", None, id="g", component=[comp("enhancement", "absent")],
            hasMember=[{"reference": "Observation/o1"}]), obs()),
    "odd attribute": obs(component=[comp("ri-pattern", "present")]),
    "unknown component": obs(component=[comp(coded("http://x.example", "1"), "present")]),
    "two sides": obs(component=[SIDE, SIDE]),
    "site of a fact": obs("subdural-fluid", component=[at("1626008")]),
    "side of a fact": obs("subdural-fluid", component=[SIDE]),
    "value of a pattern": obs("ri-epidural", component=[
        comp("ri-pattern", valueCodeableConcept=ours("asymmetric"))]),
    "unknown": obs(component=[comp("enhancement", "not-assessed")]),
    "two uids": obs(identifier=[{"system": "urn:dicom:uid", "value": v} for v in ("1.2", "1.3")]),
    "bad date": obs(effectiveDateTime="x"),
    "modality": bundle(obs("contrast-given", category=[coded("http://x.example", "1")])),
    "group of a device": obs(subject={"reference": "Device/1"}),
    "withdrawn": obs(status="entered-in-error"),
    **{case["id"]: case["observations"] for case in CASES},
    **{row["file"]: (GOLDEN / "independent" / f"{row['file']}.json").read_bytes()
       for row in INDEPENDENT},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_both_ways_agree(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read(FORMS[form])  # now every code is known, and the short way is taken where it can be
    short = read(FORMS[form])
    monkeypatch.setattr(walk, "plain", lambda *_: None)
    general = read(FORMS[form])
    assert short.statements == general.statements
    assert set(short.issues) == set(general.issues)


def test_the_short_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    read(GROUPED)
    taken: list[Json] = []
    short = walk.plain

    def counted(*args: Any) -> Any:
        found = short(*args)
        taken.append(found)
        return found

    monkeypatch.setattr(walk, "plain", counted)
    read(GROUPED)
    assert [found is not None for found in taken] == [False, True]
