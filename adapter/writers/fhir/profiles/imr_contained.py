"""What an IMR report contains, for its Bundle has no place for it: findings and grades.

Source: IHE RAD IMR, imr-observation, imr-store-multimedia-report-bundle; FHIR R4 references.html,
"Contained Resources".
"""

from collections.abc import Iterator, Mapping, Sequence

from adapter.writers import ids
from adapter.writers.fhir.context import Output
from adapter.writers.fhir.profiles import common, said
from adapter.writers.fhir.profiles.imr_references import IMR, to, url
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import LOINC, THO, Json, filled, reference, standard

_FINDINGS = (
    ("59776-5", "Procedure findings Narrative"),
    ("18782-3", "Radiology Study observation (narrative)"),
)
_IMPRESSION = (("19005-8", "Radiology Imaging study [Impression] (narrative)"),)
"""LOINC codes of what is told in words: IMR's, and the radiology report's own."""


def contained(report: Report, orders: Mapping[str, Json]) -> tuple[list[Json], list[Json]]:
    """Return what the report contains, and its results: findings and impression in words, and the
    grades. The coded findings are reached from their words, so nothing stands apart (dom-3).
    """
    every = [reference(order) for order in orders.values()]
    of_study = _orders_of_studies(report.output, orders)
    words = [*_findings(report), _impression(report)]
    grades = report.grades.resources
    seen = [
        _ordered(o, [of_study[at] for at in map(to, o.get("partOf", ())) if at in of_study])
        for o in report.observations.resources
    ]
    told = [_ordered(o, every) for o in (*words, *grades)]
    return (
        [*told, *seen, report.device, common.without(report.provenance, "meta")],
        [{"reference": f"#{o['id']}"} for o in (*words, *grades)],
    )


def _orders_of_studies(output: Output, orders: Mapping[str, Json]) -> dict[str, Json]:
    numbers = {s.id: s.accession for s in output.case.studies if s.accession}
    return {
        url(output.studies[study]): reference(orders[number]) for study, number in numbers.items()
    }


def _ordered(observation: Json, orders: Sequence[Json]) -> Json:
    """Return an Observation with its orders; IMR profiles what is imaging and has one."""
    if not orders:
        return observation
    made = observation | {"basedOn": list(orders)}
    codes = [c["code"] for row in made["category"] for c in row["coding"]]
    return common.claim(made, f"{IMR}/imr-observation") if "imaging" in codes else made


def _findings(report: Report) -> Iterator[Json]:
    """Yield the findings in words, derived from the coded ones.

    No members: what a report lists is of its organization and its only study, and so would be they.
    """
    output, coded = report.output, report.observations.resources
    words = said.findings(report.graded, output.terms, output.options.lang)
    inner = {to(m) for o in coded for m in o.get("hasMember", ())}
    status = {o["status"] for o in coded}
    if coded:
        yield _words(report, _FINDINGS, words) | {
            "status": "preliminary" if "preliminary" in status else "final",
            "derivedFrom": [reference(o) for o in coded if url(o) not in inner],
        }


def _impression(report: Report) -> Json:
    """Return the impression in words, with the grades as members."""
    base = report.report
    return _words(report, _IMPRESSION, base["conclusion"]) | filled(
        status=base["status"], issued=base["issued"], hasMember=base["result"]
    )


def _words(report: Report, codes: Sequence[tuple[str, str]], words: str) -> Json:
    output = report.output
    name = codes[0][0]
    uuid = ids.uuid5(output.outputs, "Observation", name)
    return filled(
        resourceType="Observation",
        id=uuid,
        meta=said.tagged(output),
        language=report.report["language"],
        identifier=[output.lasting(uuid, "Observation", name)],
        category=[standard(f"{THO}/observation-category", "imaging")],
        code={"coding": [c for code in codes for c in standard(LOINC, *code)["coding"]]},
        subject=output.subject,
        valueString=words,
    )
