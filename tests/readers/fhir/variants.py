"""Every way to say a state, and the codes that stand in them."""

from tests.readers.fhir.building import (
    DCM,
    SCT,
    THO,
    Json,
    coded,
    said,
)

ABSENT_REASON = f"{THO}/data-absent-reason"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
INTERPRETATION = f"{THO}/v3-ObservationInterpretation"


def interpreted(code: str) -> Json:
    return {"interpretation": [coded(INTERPRETATION, code)]}


def missing(code: str) -> Json:
    return {"dataAbsentReason": coded(ABSENT_REASON, code)}


def worded(text: str) -> Json:
    return {"valueCodeableConcept": {"text": text}}


# By state, the ways to say it. A boolean has no indeterminate; an interpretation cannot say that
# nothing was assessed; a dataAbsentReason says nothing else.
VALUES: dict[str, dict[str, Json]] = {
    "present": {
        "code": said("present"),
        "positive": {"valueCodeableConcept": coded(SCT, "10828004")},
        "yes": {"valueCodeableConcept": coded(SCT, "373066001")},
        "dicom": {"valueCodeableConcept": coded(DCM, "121053")},
        "v2": {"valueCodeableConcept": coded(f"{THO}/v2-0136", "Y")},
        "loinc": {"valueCodeableConcept": coded("http://loinc.org", "LA9633-4")},
        "boolean": {"valueBoolean": True},
        "interpretation": interpreted("POS"),
        "detected": interpreted("DET"),
        "string": {"valueString": "あり"},
        "sign": {"valueString": "(＋)"},
        "text": worded("陽性"),
    },
    "absent": {
        "code": said("absent"),
        "guides": {"valueCodeableConcept": coded(SCT, "2667000")},
        "negative": {"valueCodeableConcept": coded(SCT, "260385009")},
        "no": {"valueCodeableConcept": coded(SCT, "373067005")},
        "dicom": {"valueCodeableConcept": coded(DCM, "121054")},
        "v2": {"valueCodeableConcept": coded(f"{THO}/v2-0136", "N")},
        "loinc": {"valueCodeableConcept": coded("http://loinc.org", "LA9634-2")},
        "boolean": {"valueBoolean": False},
        "interpretation": interpreted("NEG"),
        "not detected": interpreted("ND"),
        "string": {"valueString": "なし"},
        "sign": {"valueString": "（−）"},
        "text": worded("認めない"),
    },
    "indeterminate": {
        "code": said("indeterminate"),
        "indeterminate": {"valueCodeableConcept": coded(SCT, "82334004")},
        "equivocal": {"valueCodeableConcept": coded(SCT, "42425007")},
        "suspected": {"valueCodeableConcept": coded(SCT, "415684004")},
        "uncertain": {"valueCodeableConcept": coded(SCT, "64957009")},
        "interpretation": interpreted("IND"),
        "equivocal interpretation": interpreted("E"),
        "string": {"valueString": "疑い"},
        "text": worded("疑"),
    },
    "not-assessed": {
        "code": said("not-assessed"),
        "not evaluated": {"valueCodeableConcept": coded(SCT, "373121007")},
        "not visualized": {"valueCodeableConcept": coded(DCM, "122288")},
        "string": {"valueString": "不明"},
        "reason": missing("unknown"),
        "asked": missing("asked-unknown"),
        "extension": {"_valueBoolean": {"extension": [{"url": EXTENSION, "valueCode": "masked"}]}},
        "extension of a concept": {
            "valueCodeableConcept": {"extension": [{"url": EXTENSION, "valueCode": "error"}]}
        },
        "reason as a value": {"valueCodeableConcept": coded(ABSENT_REASON, "not-asked")},
        "null flavor": {"valueCodeableConcept": coded(f"{THO}/v3-NullFlavor", "NASK")},
    },
}
LATERALITY = coded(SCT, "272741003")
LEFT = coded(SCT, "7771000")
