"""Findings and grades to Observations in the shape that the DICOM SR guide gives them.

A finding that is there is a measurement group whose value names it and whose members are what was
seen of it. A group can only name what is there: any other state is a qualitative evaluation. A
profile is claimed where the Observation is of one study and has a value.
Source: hl7.fhir.uv.dicom-sr 1.0.0, imaging-measurement-group, imaging-qualitative-evaluation,
imaging-measurement; FHIR R5 Observation.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapter.model import Statement
from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.findings import Observations, value_of
from adapter.writers.fhir.r5.elements import GUIDE, claimed, order
from adapter.writers.fhir.r5.selections import Selections
from adapter.writers.fhir.r5.sources import Said, said_of
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import (
    ABSENT_REASON,
    DICOM_UID,
    THO,
    URI,
    Json,
    accession_type,
    filled,
    instant,
    is_oid,
    own_identifier,
    reference,
    standard,
)

_GROUP = "imaging-measurement-group"
_EVALUATION = "imaging-qualitative-evaluation"
_MEASUREMENT = "imaging-measurement"
_UNKNOWN = {"extension": [{"url": ABSENT_REASON, "valueCode": "unknown"}]}


@dataclass(frozen=True, slots=True)
class _Guide:
    """What every Observation of one output needs: ``studies`` by reference, ``accessions`` by
    study.
    """

    output: Output
    selections: Selections
    studies: dict[str, str]
    accessions: dict[str, str]


def findings(output: Output, observations: Observations, selections: Selections) -> Iterator[Json]:
    """Yield what the inputs say: exam groups, and findings with their sites and members."""
    guide = _guide(output, selections)
    said = said_of(output, observations)
    for made in observations.resources:
        if made["id"] in said:
            yield from _finding(guide, made, said[made["id"]])
        else:
            yield _related(guide, made)


def grades(report: Report) -> Iterator[Json]:
    """Yield the grade Observations: evaluations that the software made, of the exams' studies."""
    output = report.output
    guide = _guide(output, Selections({}))
    whole = tuple(output.studies) if len(output.studies) == 1 else ()
    for made in report.grades.conclusions:
        yield _evaluated(guide, _of(output, made, whole))
    for made, finding in zip(report.grades.findings, report.graded.findings, strict=True):
        exam = finding.subject.exam
        studies = whole if exam is None else output.case.exams[exam].studies
        yield _evaluated(guide, _of(output, made, studies))


def _guide(output: Output, selections: Selections) -> _Guide:
    return _Guide(
        output,
        selections,
        {f"urn:uuid:{r['id']}": study for study, r in output.studies.items()},
        {s.id: s.accession for s in output.case.studies if s.accession},
    )


def _of(output: Output, made: Json, studies: Sequence[str]) -> Json:
    """Return a grade that is part of studies."""
    return made | filled(partOf=output.parts_of(tuple(studies)))


def _finding(guide: _Guide, made: Json, said: Said) -> Iterator[Json]:
    """Yield an Observation of the inputs with what it refers to: site first, members after it."""
    made = made | filled(derivedFrom=guide.selections.references(said.statements))
    if said.imaging is False:
        yield _related(guide, made)
        return
    present = guide.output.concept("present")["coding"]
    is_there = made.get("valueCodeableConcept", {}).get("coding") == present
    is_group = is_there and bool(said.lesion or said.members)
    members = list(_members(guide, made, said, is_group=is_group))
    if said.structure is not None:
        made = {k: v for k, v in made.items() if k != "bodySite"}
        made["bodyStructure"] = reference(said.structure)
        if said.first:
            yield said.structure
    made |= {"hasMember": [reference(m) for m in members], "component": _kept(guide, made, said)}
    yield _grouped(guide, made) if is_group else _evaluated(guide, made)
    yield from members


def _kept(guide: _Guide, made: Json, said: Said) -> list[Json]:
    """Return the components that the guide has no place for: they stay as they are."""
    kept = [guide.output.concept("same-site")]
    if said.structure is None:
        kept.append(guide.output.concept("laterality"))
    return [c for c in made.get("component", []) if c["code"] in kept]


def _grouped(guide: _Guide, made: Json) -> Json:
    """Return a measurement group: its value is the finding, a member says that it is there."""
    output = guide.output
    made = made | {
        "category": _category(output, made, output.concept("measurement-group")),
        "code": output.concept("finding", text=True),
        "valueCodeableConcept": made["code"],
    }
    return _claimed(guide, made, _GROUP)


def _evaluated(guide: _Guide, made: Json) -> Json:
    """Return an evaluation or a measurement, whichever its value is; neither without a value."""
    if "valueQuantity" in made:
        return _claimed(guide, made, _MEASUREMENT)
    output = guide.output
    evaluations = standard(f"{THO}/umls", "C0034375", "Qualitative Evaluations")
    made = made | {"category": _category(output, made, evaluations)}
    profile = _EVALUATION if "valueCodeableConcept" in made else ""
    return _claimed(guide, made, profile)


def _category(output: Output, made: Json, category: Json) -> list[Json]:
    # The guide's code is asked of every category: what the others say stands as codes beside it.
    others = [c for one in made["category"] for c in one["coding"]]
    return [{"coding": [*category["coding"][:1], *others]}]


def _claimed(guide: _Guide, made: Json, profile: str) -> Json:
    """Return an Observation in the order of its elements, with what its profile demands.

    What is demanded and not known is told as unknown: the device that findings were made with.
    """
    made = _related(guide, made)
    if profile and len(made.get("partOf", [])) == 1:
        made = claimed(made, f"{GUIDE}/{profile}")
        made = {"device": _UNKNOWN} | made
        if "issued" not in made:
            made["_issued"] = _UNKNOWN
    return {name: made[name] for name in sorted(made, key=_place) if made[name] != []}


def _place(name: str) -> int:
    """Return where an element stands; a value, whatever its type, before what explains it."""
    kind = "value[x]" if name.startswith(("value", "_value")) else name
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _related(guide: _Guide, made: Json) -> Json:
    """Return an Observation with its study by UID, its order, and when it was issued."""
    output = guide.output
    parts = [_part_of(guide, p) for p in made.get("partOf", [])]
    studies = [guide.studies.get(p["reference"], "") for p in parts]
    orders = [
        order({"type": accession_type(), "value": guide.accessions[s]})
        for s in studies
        if s in guide.accessions
    ]
    # (0040,A032) is the guide's `issued`; without a time of day it is no instant.
    observed = instant(made.get("effectiveDateTime"), None)
    issued = made.get("issued") or observed or output.issued
    return made | filled(basedOn=orders, partOf=parts, issued=issued)


def _part_of(guide: _Guide, part: Json) -> Json:
    study = guide.studies.get(part["reference"], "")
    if not is_oid(study):
        return part
    kind = standard(guide.output.terms.written["DCM"], "110180", "Study Instance UID")
    identifier = {"type": kind, "system": DICOM_UID, "value": f"urn:oid:{study}"}
    return part | {"identifier": identifier}


def _members(guide: _Guide, made: Json, said: Said, *, is_group: bool) -> Iterator[Json]:
    """Yield what was seen of a finding, each an Observation of its own; of a group that it is
    there, first: who asks for the concept finds its state by ``code``, whatever it is.
    """
    own = next(i["value"] for i in made["identifier"] if i.get("system") == URI)
    counted: Counter[str] = Counter()
    for statements in [*([said.statements] if is_group else []), *said.members]:
        concept = statements[0].concept
        counted[concept] += 1
        part = ("part", concept, str(counted[concept]))
        yield _member(guide, made, statements, ids.uuid5(made["id"], *part), ids.uuid5(own, *part))


def _member(
    guide: _Guide, made: Json, statements: Sequence[Statement], uuid: str, own: str
) -> Json:
    output = guide.output
    shared = ("partOf", "status", "category", "subject", "performer")
    of_finding = {k: v for k, v in made.items() if k in shared or k.startswith("effective")}
    member = {"resourceType": "Observation", "id": uuid, "identifier": [own_identifier(own)]}
    member |= of_finding | {"code": output.concept(statements[0].concept, text=True)}
    member |= value_of(output, statements[0])
    member |= filled(derivedFrom=guide.selections.references(statements))
    return _evaluated(guide, member)


_ORDER = (
    *("resourceType", "id", "meta", "identifier", "basedOn", "partOf", "status", "category"),
    *("code", "subject", "effectiveDateTime", "effectivePeriod", "issued", "_issued"),
    *("performer", "value[x]", "dataAbsentReason", "note"),
    *("bodySite", "bodyStructure", "device", "hasMember", "derivedFrom", "component"),
)
"""The elements as R5 orders them."""
