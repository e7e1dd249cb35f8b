"""HL7 Europe: the rules that tests check an output by see what is wrong."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.writers.fhir.eu_rules import BASE, Rules
from tests.writers.fhir.eu_written import EVERYTHING, SITE, eu, first, section, sections
from tests.writers.fhir.profile_cases import (
    Json,
)


def on(kind: str, change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda made: change(first(made, kind))


MUTANTS: dict[str, tuple[str, Callable[[Json], Any]]] = {
    "two patients": ("one Patient", lambda b: b["entry"].append(
        {"fullUrl": "urn:uuid:2", "resource": first(b, "Patient")})),
    "no claim": ("bundle claims", lambda b: b.pop("meta")),
    "a total": ("document", lambda b: b.update(total=3)),
    "no time": ("document", lambda b: b.pop("timestamp")),
    "a request": ("entry", lambda b: b["entry"][0].update(request={})),
    "a search": ("entry", lambda b: b["entry"][0].update(search={})),
    "the report first": ("composition first", lambda b: b["entry"].reverse()),
    "claims another": ("claims", on("Observation", lambda o: o["meta"].update(
        profile=[f"{BASE}/patient-eu-core"]))),
    "no identifier": ("report identifier", on("DiagnosticReport", lambda r: r.pop("identifier"))),
    "two services": ("report category", on("DiagnosticReport", lambda r: r["category"].append(
        r["category"][1]))),
    "no composition": ("report composition", on("DiagnosticReport", lambda r: r.pop("extension"))),
    "an order without system": ("report basedOn", on("DiagnosticReport", lambda r: r["basedOn"][0][
        "identifier"].pop("system"))),
    "a study results": ("report result", on("DiagnosticReport", lambda r: r.update(
        result=r["imagingStudy"]))),
    "a result studied": ("report imagingStudy", on("DiagnosticReport", lambda r: r.update(
        imagingStudy=r["result"]))),
    "no patient's": ("report subject", on("DiagnosticReport", lambda r: r.update(
        subject=r["result"][0]))),
    "a physician reads": ("report interpreter", lambda b: first(b, "DiagnosticReport").update(
        resultsInterpreter=[first(b, "PractitionerRole")["practitioner"]])),
    "a role performs": ("report performer", on("DiagnosticReport", lambda r: r.update(
        performer=r["resultsInterpreter"]))),
    "another report's": ("composition identifier", on("Composition", lambda c: c[
        "identifier"].update(value="x"))),
    "another status": ("composition status", on("Composition", lambda c: c.update(
        status="amended"))),
    "another type": ("composition type", on("Composition", lambda c: c.update(type={}))),
    "no title": ("composition header", on("Composition", lambda c: c.pop("title"))),
    "no author": ("author", on("Composition", lambda c: c.pop("author"))),
    "another organization": ("dr-comp-author-org", on("Composition", lambda c: c["author"].pop())),
    "a section without code": ("section code", section("19005-8", lambda s: s["code"].update(
        coding=[]))),
    "a section twice": ("section once", on("Composition", lambda c: c["section"].append(
        c["section"][0]))),
    "no procedure": ("section once", on("Composition", lambda c: c["section"].pop(3))),
    "two findings": ("section at most once", on("Composition", lambda c: c["section"].append(
        c["section"][4]))),
    "an empty section": ("eu-imaging-composition-1", section("11329-0", lambda s: s.pop(
        "emptyReason"))),
    "a silent section": ("cmp-1", section("11329-0", lambda s: s.pop("text"))),
    "empty and full": ("cmp-2", section("59776-5", lambda s: s.update(emptyReason={}))),
    "entries without words": ("section text", section("59776-5", lambda s: s.pop("text"))),
    "findings studied": ("section studies", section("18726-0", lambda s: s["entry"].clear())),
    "findings ordered": ("section orders", section("55115-0", lambda s: s["entry"].append({}))),
    "studies found": ("section findings", lambda b: sections(b)["59776-5"].update(
        entry=sections(b)["18726-0"]["entry"])),
    "findings done": ("section procedures", lambda b: sections(b)["55111-9"].update(
        entry=sections(b)["59776-5"]["entry"])),
    "findings impress": ("section impression", lambda b: sections(b)["19005-8"].update(
        entry=sections(b)["59776-5"]["entry"])),
    "an empty note": ("section note", section("55111-9", lambda s: s["extension"][0][
        "valueAnnotation"].update(text=""))),
    "no uid": ("study uid", on("ImagingStudy", lambda s: s["identifier"].pop(0))),
    "a bare uid": ("study uid", on("ImagingStudy", lambda s: s["identifier"][0].update(
        value="1.2"))),
    "nobody's study": ("study subject", on("ImagingStudy", lambda s: s.pop("subject"))),
    "two orders": ("study basedOn", on("ImagingStudy", lambda s: s["basedOn"].append(
        s["basedOn"][0]))),
    "no function": ("series performer", on("ImagingStudy", lambda s: s["series"][0].update(
        performer=[{"actor": {}}]))),
    "a patient is the place": ("series place", on("ImagingStudy", lambda s: s["series"][0].update(
        performer=[{"function": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
             "code": "LOC"}]}, "actor": s["subject"]}]))),
    "no name": ("eu-pat-1", on("Patient", lambda p: p.pop("name"))),
    "no birth date": ("patient birthDate", on("Patient", lambda p: p.pop("birthDate"))),
    "a nameless place": ("name", on("Organization", lambda o: o.pop("name"))),
    "nobody's role": ("role", on("PractitionerRole", lambda r: r.pop("practitioner"))),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rules_see_what_is_wrong(name: str) -> None:
    rule, change = MUTANTS[name]
    made = copy.deepcopy(eu(EVERYTHING, settings=SITE, verified_by="山田 太郎"))
    assert Rules(made).breaches() == []
    change(made)
    assert rule in Rules(made).breaches()
