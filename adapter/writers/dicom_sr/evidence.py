"""A case's inputs and studies to what an SR document rests on.

Source: DICOM PS3.3 C.17.2 (SR Document General), C.17.2.1 (Hierarchical SOP Instance Reference).
"""

from collections.abc import Iterable, Mapping

from adapter.model import Case, Input
from adapter.sr.encode import Header, Value
from adapter.writers.dicom_sr.items import is_uid

Reference = tuple[str, str, str, str]
"""Study, series, SOP class and SOP instance of something referred to."""

_ACCESSION = 16  # characters of SH


def own_study(case: Case) -> str:
    """Return the study the document belongs to: the latest source SR's, else the first known."""
    documents = [i for i in _documents(case) if is_uid(i.study)]
    if documents:
        return max(documents, key=lambda i: (i.date or "", i.study)).study
    return next((study.id for study in case.studies if is_uid(study.id)), "")


def evidence(case: Case, study: str) -> dict[str, Value]:
    """Return the evidence sequences: instances of `study`, and those of other studies."""
    whole = _references(case)
    return {
        keyword: hierarchical(references)
        for keyword, references in (
            ("CurrentRequestedProcedureEvidenceSequence", [r for r in whole if r[0] == study]),
            ("PertinentOtherEvidenceSequence", [r for r in whole if r[0] != study]),
        )
        if references
    }


def evidenced(case: Case) -> frozenset[tuple[str, str]]:
    """Return (SOP class, SOP instance) of all that is listed as evidence."""
    return frozenset((sop_class, instance) for _, _, sop_class, instance in _references(case))


def _references(case: Case) -> list[Reference]:
    """Return the source SRs and the studies' instances, each of which names all its UIDs."""
    found = {
        (i.study, i.series, i.sop_class, i.id) for i in _documents(case)
    } | {
        (s.id, series, sop_class, instance)
        for s in case.studies
        for sop_class, instance, series in s.instances
    }  # fmt: skip
    return sorted(reference for reference in found if all(is_uid(uid) for uid in reference))


def hierarchical(references: Iterable[Reference]) -> tuple[Header, ...]:
    """Return references as DICOM nests them: study, series, instances."""
    nested: dict[str, dict[str, list[Header]]] = {}
    for study, series, sop_class, instance in references:
        nested.setdefault(study, {}).setdefault(series, []).append(
            {"ReferencedSOPClassUID": sop_class, "ReferencedSOPInstanceUID": instance}
        )
    return tuple(
        {
            "StudyInstanceUID": study,
            "ReferencedSeriesSequence": tuple(
                {"SeriesInstanceUID": one, "ReferencedSOPSequence": tuple(instances)}
                for one, instances in series.items()
            ),
        }
        for study, series in nested.items()
    )


def requests(case: Case) -> tuple[Mapping[str, Value], ...]:
    """Return Referenced Request items: one for each study whose accession number is known."""
    return tuple(
        {
            "StudyInstanceUID": study,
            "ReferencedStudySequence": (),
            "AccessionNumber": number,
            "PlacerOrderNumberImagingServiceRequest": "",
            "FillerOrderNumberImagingServiceRequest": "",
            "RequestedProcedureID": "",
            "RequestedProcedureDescription": "",
            "RequestedProcedureCodeSequence": (),
        }
        for study, number in accessions(case).items()
    )


def accessions(case: Case) -> dict[str, str]:
    """Return accession numbers by study; one that is longer than DICOM allows is left out."""
    return {
        study.id: study.accession
        for study in case.studies
        if study.accession and len(study.accession) <= _ACCESSION and is_uid(study.id)
    }


def _documents(case: Case) -> list[Input]:
    return [i for i in case.inputs if i.format == "dicom-sr" and i.status == "used"]
