"""The contract's resources to StructureDefinitions: what is read best, and what is written.

One profile for each lesion with its attributes as slices of ``component``, one for the facts of
each exam, of the patient, for exam groups, for grades and for the report. Differentials only.
Source: contract section 2; FHIR structuredefinition.html, profiling.html.
"""

from collections.abc import Iterable, Iterator

from adapter.model import KINDS
from adapter.terminology.artifacts import RELEASES, Export, Json
from adapter.terminology.groups import attributes
from adapter.terms import Coding, Term
from adapter.terms.concepts import DETAILS, VALUES

_BASE = "http://hl7.org/fhir/StructureDefinition"
_PLACES = ("finding-site", "laterality")
_ORDER = (
    *("identifier", "partOf", "code", "subject", "effective[x]", "performer", "value[x]"),
    *("hasMember", "derivedFrom", "component"),
    *("result", "imagingStudy", "study", "conclusion", "conclusionCode"),
)
"""The order of the base resources' elements, which a differential keeps."""


def structure_definitions(export: Export) -> Iterator[Json]:
    """Yield the profiles of what is read and of what is written."""
    yield from (_lesion(t, export) for t in export.terms.terms.values() if t.kind == "lesion")
    yield from (_facts(kind, export) for kind in KINDS)
    yield _patient(export)
    yield _exam_group(export)
    yield _finding_grade(export)
    yield _conclusion(export)
    yield _report(export)


def _lesion(term: Term, export: Export) -> Json:
    slices = [
        *(_slice(t.name, t, export) for t in attributes(term, export.terms)),
        *(_slice(name, export.terms[name], export) for name in _PLACES),
    ]
    return _profile(
        f"lesion-{term.name}",
        f"{term.ja}(病変ごと)",
        f"{term.en}, one Observation a lesion",
        "Observation",
        [
            *_observation(export),
            _fixed("Observation.code", export.terms.codings(term.name)[0]),
            *_answer("Observation", "states", export),
            *_sliced(slices),
        ],
        export,
    )


def _facts(kind: str, export: Export) -> Json:
    term = export.terms[kind]
    details = [name for name, of in DETAILS.items() if of == "dural-enhance"]
    slices = [_slice(name, export.terms[name], export) for name in details]
    return _profile(
        f"facts-{kind}",
        f"{term.ja}の所見",
        f"A fact of {term.en}, one Observation a fact",
        "Observation",
        [
            *_observation(export),
            _bound("Observation.code", f"facts-{kind}", export),
            *(_sliced(slices) if kind == "brain-mri" else ()),
        ],
        export,
    )


def _patient(export: Export) -> Json:
    return _profile(
        "facts-patient",
        "患者の所見",
        "A fact of the patient: headache, pressure, puncture, blood patch",
        "Observation",
        [
            *_observation(export),
            _bound("Observation.code", "facts-patient", export),
            *_sliced([_slice("posture", export.terms["posture"], export)]),
        ],
        export,
    )


def _exam_group(export: Export) -> Json:
    return _profile(
        "exam-group",
        "検査(所見のまとまり)",
        "One examination, with the Observations of its facts as members",
        "Observation",
        [
            *_observation(export),
            _bound("Observation.code", "exam-kinds", export),
            _element("Observation.hasMember", min=1),
        ],
        export,
    )


def _finding_grade(export: Export) -> Json:
    return _grade("finding-grade", "finding-grades", export)


def _grade(name: str, values: str, export: Export) -> Json:
    term = export.terms[name]
    shown = _slice("possible-grade", export.terms["possible-grade"], export, values=values)
    return _profile(
        name,
        term.ja,
        term.en,
        "Observation",
        [
            *_observation(export),
            _fixed("Observation.code", export.terms.codings(name)[0]),
            *_answer("Observation", values, export),
            *_sliced([shown]),
        ],
        export,
    )


def _conclusion(export: Export) -> Json:
    """Return the profile of a condition's grade; the two conditions differ in their code alone."""
    codes = [export.terms.codings(n)[0] for n in ("csf-leak-concl", "hypotens-concl")]
    short = f"Its code is {' or '.join(c.code for c in codes)}"
    return _profile(
        "condition-grade",
        "診断の判定",
        "The grade of a condition, with the grades of findings it rests on",
        "Observation",
        [
            *_observation(export),
            {**_element("Observation.code"), "short": short},
            *_answer("Observation", "grades", export),
        ],
        export,
    )


def _report(export: Export) -> Json:
    codes = [f"conclusions-{c}" for c in ("csf-leak", "intracranial-hypotension")]
    short = f"One code of each of the value sets {' and '.join(codes)}"
    study = "imagingStudy" if export.release == "r4" else "study"
    return _profile(
        "graded-report",
        "画像診断の報告(判定つき)",
        "The graded report: one for a case",
        "DiagnosticReport",
        [
            _element("DiagnosticReport.identifier", min=1),
            _element("DiagnosticReport.subject", min=1),
            _element("DiagnosticReport.result", min=1),
            _element(f"DiagnosticReport.{study}"),
            _element("DiagnosticReport.conclusion", min=1),
            {**_element("DiagnosticReport.conclusionCode", min=1), "short": short},
        ],
        export,
    )


def _observation(export: Export) -> Iterator[Json]:
    """Yield what every Observation of ours has."""
    yield {**_element("Observation.subject", min=1), "mustSupport": True}
    yield {**_element("Observation.effective[x]"), "mustSupport": True}
    for name in ("partOf", "derivedFrom", "performer"):
        yield {**_element(f"Observation.{name}"), "mustSupport": True}


def _answer(path: str, values: str, export: Export) -> Iterator[Json]:
    """Yield that the value is a code of a set; without one there is a reason for its absence."""
    yield {
        **_element(f"{path}.value[x]"),
        "type": [{"code": "CodeableConcept"}],
        "binding": _binding(values, export),
    }


def _slice(name: str, term: Term, export: Export, values: str = "") -> list[Json]:
    """Return a component by its code: one repetition at most, but for the levels of a site."""
    head = {"id": f"Observation.component:{name}", "path": "Observation.component"}
    code = export.terms.codings(term.name)[0]
    many = "*" if name == "finding-site" else "1"
    found: list[Json] = [
        {**head, "sliceName": name, "short": term.en, "min": 0, "max": many},
        {**_fixed(f"{head['path']}.code", code), "id": f"{head['id']}.code"},
    ]
    bound = values or {"finding-site": "sites", "laterality": "sides"}.get(name, "")
    bound = bound or (term.name if term.name in VALUES else "states")
    value = {"id": f"{head['id']}.value[x]", "path": f"{head['path']}.value[x]"}
    coded: Json = {**value, "type": [{"code": "CodeableConcept"}]}
    if name == "extent-3cm":  # a state, or the length in mm
        coded = {**value, "type": [{"code": "CodeableConcept"}, {"code": "Quantity"}]}
    found.append(coded | {"binding": _binding(bound, export)})
    return found


def _sliced(slices: Iterable[list[Json]]) -> Iterator[Json]:
    yield {
        **_element("Observation.component"),
        "slicing": {
            "discriminator": [{"type": "value", "path": "code"}],
            "rules": "open",
        },
    }
    for rows in slices:
        yield from rows


def _element(path: str, **more: object) -> Json:
    return {"id": path, "path": path, **more}


def _fixed(path: str, code: Coding) -> Json:
    """Return that an element holds this code, whatever else stands beside it."""
    coding = {"system": code.system, "code": code.code}
    return {**_element(path), "patternCodeableConcept": {"coding": [coding]}}


def _bound(path: str, values: str, export: Export) -> Json:
    return {**_element(path), "binding": _binding(values, export)}


def _binding(values: str, export: Export) -> Json:
    # Other schemes' codes are read as well, by the ConceptMaps: hence not `required`.
    return {"strength": "extensible", "valueSet": export.url("ValueSet", values)}


def _profile(
    id: str, ja: str, en: str, kind: str, elements: Iterable[Json], export: Export
) -> Json:
    return {
        **export.head("StructureDefinition", id, ja, en),
        "fhirVersion": RELEASES[export.release],
        "kind": "resource",
        "abstract": False,
        "type": kind,
        "baseDefinition": f"{_BASE}/{kind}",
        "derivation": "constraint",
        "differential": {"element": sorted(elements, key=_place)},
    }


def _place(element: Json) -> int:
    return _ORDER.index(element["path"].split(".")[1])
