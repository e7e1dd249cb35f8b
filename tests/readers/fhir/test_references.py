"""References of every kind lead to the same member, study and patient."""

import pytest

from adapter.errors import DifferentPatients
from adapter.model import Name, Patient, State
from tests.readers.fhir.building import Json, bundle, codes, obs, one, parts, read

BASE = "http://x.example/fhir"


def pair(reference: Json, url: str | None, own_url: str | None, **child: object) -> Json:
    form = bundle(obs(hasMember=[reference]), obs("enhancement", "absent", **{"id": "c", **child}))
    for entry, full in zip(form["entry"], (own_url, url), strict=True):
        if full:
            entry["fullUrl"] = full
    return form


IDS = {"system": "http://x.example/ids", "value": "7"}


@pytest.mark.parametrize(
    "form",
    [
        pair({"reference": "Observation/c"}, None, None),
        pair({"reference": "Observation/c"}, f"{BASE}/Observation/c", f"{BASE}/Observation/o1"),
        pair({"reference": f"{BASE}/Observation/c"}, f"{BASE}/Observation/c", None),
        pair({"reference": f"{BASE}/Observation/c"}, None, None),
        pair({"reference": "urn:uuid:1"}, "urn:uuid:1", None, id=None),
        pair({"reference": "urn:oid:1.2"}, "urn:oid:1.2", None, id=None),
        pair({"reference": "Observation/c/_history/3"}, None, None),
        pair({"reference": f"{BASE}/Observation/c/_history/3"}, f"{BASE}/Observation/c", None),
        pair({"type": "Observation", "identifier": IDS}, None, None, identifier=[IDS]),
        pair({"identifier": IDS}, None, None, identifier=[IDS]),
    ],
)  # fmt: skip
def test_a_member_is_found(form: Json) -> None:
    document = read(form)
    (found,) = document.statements
    assert parts(found) == {"enhancement": State.ABSENT}
    assert document.issues == ()


def test_a_contained_member_is_found() -> None:
    child = obs("enhancement", "absent", id="c")
    found = one(obs(hasMember=[{"reference": "#c"}], contained=[child]))
    assert parts(found) == {"enhancement": State.ABSENT}
    assert found.parts[0].source.id == "Observation/o1#c"


def test_a_relative_reference_means_its_own_server() -> None:
    form = bundle(
        obs(hasMember=[{"reference": "Observation/c"}]),
        obs("enhancement", "absent", id="c"),
        obs("enhancement", "present", id="c"),
    )
    urls = (f"{BASE}/Observation/o1", "http://other.example/Observation/c", f"{BASE}/Observation/c")
    for entry, url in zip(form["entry"], urls, strict=True):
        entry["fullUrl"] = url
    assert parts(read(form).statements[0]) == {"enhancement": State.PRESENT}


def test_a_missing_member_is_told() -> None:
    document = read(obs(hasMember=[{"reference": "Observation/none"}]))
    assert len(document.statements) == 1
    assert codes(document) == ["reference-missing"]


def test_a_missing_result_is_told() -> None:
    report = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "x"},
              "result": [{"reference": "Observation/none"}]}  # fmt: skip
    assert codes(read(bundle(report, obs()))) == ["reference-missing"]


@pytest.mark.parametrize("targets", [("o1", "o1"), ("o2", "o1")])
def test_a_cycle_ends(targets: tuple[str, str]) -> None:
    first = obs(hasMember=[{"reference": f"Observation/{targets[0]}"}])
    second = obs("float-dural-sac", id="o2", hasMember=[{"reference": f"Observation/{targets[1]}"}])
    assert len(read(bundle(first, second)).statements) == 2


def test_a_chain_of_panels_as_long_as_you_like_ends() -> None:
    panels = [
        obs({"text": "p"}, None, id=f"p{n}", hasMember=[{"reference": f"Observation/p{n + 1}"}])
        for n in range(500)
    ]
    document = read(bundle(*panels, obs(id="p500")))
    assert len(document.statements) == 1


def test_the_results_of_a_report_are_of_its_only_study() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "MRI"},
        "imagingStudy": [{"reference": "ImagingStudy/s"}],
        "performer": [{"reference": "Organization/h", "display": "H"}],
        "result": [{"reference": "Observation/o1"}],
    }
    found = one(report, obs())
    assert found.exam.study == "ImagingStudy/s"
    assert found.exam.institution == "H"
    report["imagingStudy"] = [{"reference": "ImagingStudy/s"}, {"reference": "ImagingStudy/t"}]
    assert one(report, obs()).exam.study is None


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {"system": "urn:oid:1.2.392", "value": "00123"},
        {"system": "urn:oid:1.2.392", "value": "9", "use": "old"},
    ],
    "name": [
        {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
                    "valueCode": "IDE",
                }
            ],
            "family": "山田",
            "given": ["太郎"],
        },
        {"text": "YAMADA Taro"},
    ],
    "gender": "male",
    "birthDate": "1970-01-01",
}


def test_a_patient_is_read() -> None:
    document = read(bundle(PATIENT, obs()))
    assert document.patient == Patient(
        identifiers=(("00123", "urn:oid:1.2.392"),),
        names=(
            Name(family="山田", given="太郎", text="山田 太郎", representation="IDE"),
            Name(text="YAMADA Taro"),
        ),
        birth_date="1970-01-01",
        sex="male",
    )


@pytest.mark.parametrize(
    ("subject", "identifiers"),
    [
        ({"reference": "Patient/p1"}, (("p1", "reference:Patient"),)),
        ({"reference": "http://x/Patient/p1"}, (("http://x/Patient/p1", "reference:Patient"),)),
        ({"identifier": {"system": "urn:oid:1.2", "value": "7"}}, (("7", "urn:oid:1.2"),)),
        (None, ()),
    ],
)
def test_a_subject_without_its_resource(
    subject: Json | None, identifiers: tuple[tuple[str, str], ...]
) -> None:
    assert read(obs(subject=subject)).patient.identifiers == identifiers


def test_a_reference_by_identifier_is_the_patient_of_the_input() -> None:
    by_identifier = {"identifier": {"system": "urn:oid:1.2.392", "value": "00123"}}
    other = obs(id="o2", subject={**by_identifier, "type": "Patient"})
    assert read(bundle(PATIENT, obs(), other)).patient.birth_date == "1970-01-01"


@pytest.mark.parametrize(
    "resources",
    [
        [obs(), obs(id="o2", subject={"reference": "Patient/p2"})],
        [PATIENT, {**PATIENT, "id": "p2", "identifier": []}, obs(subject=None)],
        [obs(), {"resourceType": "Procedure", "status": "completed", "subject":
                 {"reference": "Patient/p2"}, "code": {"text": "腰椎穿刺"}}],
        [obs(), {"resourceType": "ImagingStudy", "status": "available",
                 "subject": {"reference": "Patient/p2"}}],
    ],
)  # fmt: skip
def test_two_patients_are_refused(resources: list[Json]) -> None:
    with pytest.raises(DifferentPatients) as caught:
        read(bundle(*resources))
    assert "00123" not in str(caught.value)
    assert "p2" not in str(caught.value)


def test_other_people_of_whom_nothing_is_read_do_no_harm() -> None:
    other = {**PATIENT, "id": "p2", "identifier": [{"system": "s", "value": "2"}]}
    pulse = obs({"text": "pulse"}, None, id="x", subject={"reference": "Patient/p2"})
    assert read(bundle(PATIENT, other, pulse, obs())).patient.birth_date == "1970-01-01"


def test_two_resources_of_one_patient_are_one() -> None:
    again = {**PATIENT, "id": "p2"}
    document = read(
        bundle(PATIENT, again, obs(), obs(id="o2", subject={"reference": "Patient/p2"}))
    )
    assert document.patient.birth_date == "1970-01-01"


@pytest.mark.parametrize("kind", ["Group", "Device", "Location"])
def test_a_finding_of_no_patient_is_not_used(kind: str) -> None:
    document = read(obs(subject={"reference": f"{kind}/1"}))
    assert document.statements == ()
    assert codes(document) == ["not-used"]
