"""IHE IMR: the rules that tests check an output by see what is wrong."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.writers.fhir.imr_rules import IMR, Rules
from tests.writers.fhir.imr_written import first, inner, of, with_orders
from tests.writers.fhir.profile_cases import (
    Json,
    named,
)


def on(kind: str, change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda made: change(first(named(made), kind))


MUTANTS: dict[str, tuple[str, Callable[[Json], Any]]] = {
    "a batch": ("transaction", lambda b: b.update(type="batch")),
    "no profile": ("bundle profile", lambda b: b.pop("meta")),
    "a Patient": ("closed", lambda b: b["entry"].append({
        "fullUrl": "urn:uuid:1", "request": {"method": "POST", "url": "Patient"},
        "resource": {"resourceType": "Patient", "subject": {}}})),
    "an update": ("creates", lambda b: b["entry"][0]["request"].update(method="PUT")),
    "two reports": ("one report", lambda b: b["entry"].append(
        b["entry"][0] | {"fullUrl": "urn:uuid:2"})),
    "one URL twice": ("fullUrl", lambda b: b["entry"].append(b["entry"][1])),
    "no claim": ("claims", on("DiagnosticReport", lambda r: r.pop("meta"))),
    "no subject": ("subject", on("ImagingStudy", lambda r: r.pop("subject"))),
    "another's subject": ("subject", on("ServiceRequest", lambda r: r["subject"].update(
        type="Group"))),
    "a date": ("issued", on("DiagnosticReport", lambda r: r.update(issued="2026-11-25"))),
    "registered": ("status", on("DiagnosticReport", lambda r: r.update(status="registered"))),
    "a physician performs": ("performer", on("DiagnosticReport", lambda r: r.update(
        performer=r["resultsInterpreter"]))),
    "a hospital reads": ("interpreter", on("DiagnosticReport", lambda r: r.update(
        resultsInterpreter=r["performer"]))),
    "no study": ("imagingStudy", on("DiagnosticReport", lambda r: r.pop("imagingStudy"))),
    "based on a study": ("basedOn", on("DiagnosticReport", lambda r: r.update(
        basedOn=r["imagingStudy"]))),
    "no version": ("version", on("DiagnosticReport", lambda r: r["identifier"].pop(1))),
    "a study results": ("result", on("DiagnosticReport", lambda r: r.update(
        result=r["imagingStudy"]))),
    "an order compared": ("associatedStudy", on("DiagnosticReport", lambda r: r.update(extension=[
        {"url": f"{IMR}/associatedStudy", "valueReference": r["basedOn"][0]}]))),
    "a PDF alone": ("html", on("DiagnosticReport", lambda r: r["presentedForm"][0].update(
        contentType="application/pdf"))),
    "another size": ("attachment", on("DiagnosticReport", lambda r: r["presentedForm"][0].update(
        size=1))),
    "no hash": ("attachment", on("DiagnosticReport", lambda r: r["presentedForm"][0].pop("hash"))),
    "a reference in vain": ("references", on("DiagnosticReport", lambda r: r["result"].append(
        {"reference": "#x"}))),
    "contained in contained": ("dom-2", inner(lambda o: o.update(contained=[]))),
    "nobody's": ("dom-3", on("DiagnosticReport", lambda r: r["contained"].append(
        {"resourceType": "Device", "id": "d"}))),
    "a versioned part": ("dom-4", inner(lambda o: o["meta"].update(versionId="1"))),
    "a secret part": ("dom-5", inner(lambda o: o["meta"].update(security=[]))),
    "no uid": ("study uid", on("ImagingStudy", lambda s: s["identifier"].pop(0))),
    "two uids": ("study uid", on("ImagingStudy", lambda s: s["identifier"].append(
        s["identifier"][0]))),
    "no modality": ("modality", on("ImagingStudy", lambda s: s.pop("modality"))),
    "no start": ("started", on("ImagingStudy", lambda s: s.pop("started"))),
    "no endpoint": ("endpoint", on("ImagingStudy", lambda s: s.pop("endpoint"))),
    "a query endpoint": ("connection", on("ImagingStudy", lambda s: s["contained"][0][
        "connectionType"].update(code="dicom-qido-rs"))),
    "no number": ("accession", on("ServiceRequest", lambda s: s["identifier"].pop(0))),
    "a plan": ("intent", on("ServiceRequest", lambda s: s.update(intent="plan"))),
    "no order": ("observation basedOn", inner(lambda o: o.pop("basedOn"))),
    "two categories": ("observation category", inner(lambda o: o["category"].append(
        o["category"][0]))),
    "nobody's finding": ("observation subject", inner(lambda o: o.pop("subject"))),
    "a patient performs": ("observation performer", inner(lambda o: o.update(
        performer=[o["subject"]]))),
    "of two studies": ("observation derivedFrom", lambda b: first(named(b), "DiagnosticReport")[
        "contained"][0].update(derivedFrom=first(named(b), "DiagnosticReport")["imagingStudy"])),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rules_see_what_is_wrong(name: str) -> None:
    rule, change = MUTANTS[name]
    made = copy.deepcopy(of(with_orders()))
    assert Rules(made).breaches() == []
    change(made)
    assert rule in Rules(made).breaches()
