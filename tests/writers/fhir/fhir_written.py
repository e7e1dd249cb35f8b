"""Cases of every kind written as FHIR, and what tests ask of an output."""

import json
from collections.abc import Iterator
from typing import Any

from adapter import pipeline, terms
from adapter.criteria import Policy
from adapter.model import Graded
from adapter.pipeline import Options
from adapter.readers import findings as reader
from adapter.readers.options import ReadOptions
from adapter.writers import fhir
from adapter.writers.options import WriteOptions

TERMS = terms.load()
PATIENT = {
    "identifiers": [
        {"value": "00123", "issuer": "HOSPITAL A"},
        {"value": "9", "issuer": "urn:oid:1.2.392.100495.20.3.51.11234567890"},
        {"value": "7", "issuer": "1.2.3"},
    ],
    "names": [
        {"family": "山田", "given": "花子", "representation": "IDE"},
        {"family": "ヤマダ", "given": "ハナコ", "representation": "SYL"},
        {"text": "Yamada Hanako"},
    ],
    "birth-date": "1970-01-02",
    "sex": "female",
}
MRI = {
    "kind": "spinal-mri", "method": "mr-myelography", "date": "2026-03-02T10:15:00+09:00",
    "study": "1.2.840.1", "institution": "第一病院",
    "lesions": [
        {"concept": "epi-fluid", "uid": "1.2.840.9", "state": "present", "site": "Th3-5",
         "laterality": "left", "enhancement": "absent", "sas-continuity": ["present", "absent"],
         "mimic-venous": "未評価", "same-site": ["1.2.840.8"]},
        {"concept": "float-dural-sac", "uid": "1.2.840.9", "state": "present", "site": "Th3-5"},
        {"concept": "epi-fluid", "state": "present", "site": "頸胸移行部"},
        {"concept": "epi-fluid", "state": "indeterminate", "site": "Th13"},
        {"concept": "epi-fluid", "state": "absent", "site": "胸椎"},
    ],
    "facts": {"subdural-fluid": ["present", "absent"], "contrast-given": True},
}  # fmt: skip
RI = {
    "kind": "ri-cisternogram", "dates": ["2026-03-05", "2026-03-06"], "study": "1.2.840.2",
    "reference": {"kind": "ri-cisternogram", "study": "1.2.840.2"},
    "lesions": [
        {"concept": "ri-epidural", "uid": "1.2.840.8", "state": "present", "site": "T3",
         "ri-pattern": "unilateral", "date": "2026-03-05",
         "ri-lateral-view": {"state": "not-assessed", "reason": "not-performed"}}
    ],
    "facts": {"circ-failure": {"state": "present", "date": "2026-03-06"},
              "cistern-seen": {"state": "present", "date": "2026-03-05"}},
}  # fmt: skip
BRAIN = {
    "kind": "brain-mri", "date": "2026-02", "institution": "第二病院",
    "facts": {
        "dural-enhance": {"state": "present", "falx-tentorium": "present", "dde-symmetric": True,
                          "extent-3cm": {"value": "35.0", "unit": "mm", "comparator": ">"}},
        "other-brain": {"state": "present", "text": "硬膜下血腫 <script>"},
        "suprasellar": {"value": "3.10", "unit": "mm"},
        "herniation": {"state": "not-assessed", "reason": "camera broken"},
    },
}  # fmt: skip
CLINICAL = {
    "facts": {"ortho-headache": "present"},
    "pressures": [
        {"value": "60.00", "unit": "mm[H2O]", "posture": "supine", "date": "2026-02-01"},
        {"value": "5", "unit": "mm CSF", "comparator": "<", "posture": "lateral"},
        {"state": "not-assessed"},
        {"value": "about five", "unit": "mm[Hg]"},
    ],
    "punctures": [{"date": "2026-02-01"}],
    "patches": [{"date": "2026-04"}],
}
STUDIES = [
    {"id": "1.2.840.1", "date": "2026-03-02T10:00:00", "kinds": ["mr-myelography"],
     "modalities": ["MR"], "accession": "A-1", "institution": "第一病院",
     "instances": [["1.2.840.10008.5.1.4.1.1.4", "1.2.840.77", "1.2.840.78"]]},
    {"id": "Study-without-uid", "modalities": ["CT", "SR"],
     "instances": [["1.2.840.10008.5.1.4.1.1.2", "1.2.840.87", "1.2.840.88"]]},
]  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "one lesion": {
        "exams": [{"kind": "spinal-mri", "lesions": [{"concept": "epi-fluid", "state": "present"}]}]
    },
    "all of it": {
        "patient": PATIENT,
        "exams": [MRI, RI, BRAIN],
        "studies": STUDIES,
        "inputs": [{"name": "a.dcm", "format": "dicom-sr", "id": "1.2.840.5", "status": "used"},
                   {"name": "b.dcm", "status": "refused", "reason": "cut short"}],
        **CLINICAL,
    },
    "hypotension alone": {"exams": [BRAIN], **CLINICAL},
    "a leak by CT myelography": {
        "exams": [
            {
                "kind": "ct-myelography",
                "lesions": [
                    {
                        "concept": "ctm-epidural",
                        "state": "present",
                        "puncture-cont": "absent",
                        "dural-defect": "present",
                    }
                ],
            }
        ]
    },
    "the exam says nothing of the lesion": {
        "exams": [{"kind": "spinal-mri", "facts": {"subdural-fluid": "absent"}}]
    },
}  # fmt: skip
CODED = ("not-performed",)
"""Reasons that have a code: words beside it are for people."""


def graded(name: str, policy: Policy | None = None) -> Graded:
    table = {"format": "csfleak-findings", "version": "1", **CASES[name]}
    document = reader.read(json.dumps(table).encode(), "f.json", TERMS, ReadOptions())
    options = Options(policy=policy) if policy else Options()
    return pipeline.grade_documents([document], TERMS, options)


def written(name: str, **options: Any) -> Any:
    chosen = WriteOptions(**({"bundle": "collection"} | options))
    return json.loads(fhir.write(graded(name), TERMS, chosen))


def resources(bundle: Any) -> list[dict[str, Any]]:
    return bundle if isinstance(bundle, list) else [e["resource"] for e in bundle["entry"]]


def of_type(bundle: Any, kind: str) -> list[dict[str, Any]]:
    return [r for r in resources(bundle) if r["resourceType"] == kind]


def coded(bundle: Any, code: str) -> list[dict[str, Any]]:
    """Return the Observations whose first code is `code`."""
    return [o for o in of_type(bundle, "Observation") if o["code"]["coding"][0]["code"] == code]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "reference":
                yield item
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
