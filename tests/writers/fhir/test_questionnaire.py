"""The form of the facts is made of the mappings: complete, coded, in two languages."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import __version__, terms
from adapter.model import KINDS
from adapter.writers.fhir.questionnaire import questionnaire
from sample_data import make_questionnaire

TERMS = terms.load()
FORM = questionnaire(TERMS)
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
Json = dict[str, Any]


def items(body: Json) -> Iterator[Json]:
    for item in body.get("item", ()):
        yield item
        yield from items(item)


ITEMS = list(items(FORM))
BY_LINK = {i["linkId"]: i for i in ITEMS}
OPTIONS = [(i["linkId"], o["valueCoding"]) for i in ITEMS for o in i.get("answerOption", ())]


def translated(element: Json, key: str) -> tuple[str, str]:
    """Return language and words of the translation of an element."""
    (extension,) = element[f"_{key}"]["extension"]
    assert extension["url"] == TRANSLATION
    lang, content = extension["extension"]
    return lang["valueCode"], content["valueString"]


def test_the_shipped_form_is_what_the_mappings_make(
    golden: Callable[[Path, bytes], None],
) -> None:
    golden(make_questionnaire.PATH, make_questionnaire.made())


def test_the_form_is_a_questionnaire_of_r4() -> None:
    module = pytest.importorskip("fhir.resources.R4B.questionnaire")
    module.Questionnaire.model_validate(json.loads(make_questionnaire.made()))


def test_it_is_named_and_has_the_version_of_the_software() -> None:
    assert FORM["url"] == "http://csfleak.invalid/fhir/Questionnaire/csfleak-findings"
    assert FORM["version"] == __version__


def test_a_link_id_is_unique_and_says_where_it_stands() -> None:
    assert len(BY_LINK) == len(ITEMS)
    for parent in ITEMS:
        for child in parent.get("item", ()):
            assert child["linkId"].startswith(f"{parent['linkId']}.")
    assert BY_LINK["spinal-mri.lesion.enhancement"]["type"] == "choice"


def test_every_fact_of_the_criteria_is_asked_under_its_own_code() -> None:
    system = TERMS.written["99CSFL"]
    asked = {c["code"] for i in ITEMS for c in i.get("code", ()) if c["system"] == system}
    kinds = ("lesion", "attribute", "exam", "patient")
    facts = {t.name for t in TERMS.terms.values() if t.kind in kinds}
    # exam-ref is structure of a DICOM SR: in the form an exam's row says it.
    assert asked == (facts - {"exam-ref"}) | set(KINDS)


def test_a_fact_is_asked_in_each_exam_that_it_fits() -> None:
    for term in TERMS.terms.values():
        kinds = KINDS if "any" in term.exams else term.exams
        if term.kind == "exam":
            assert {f"{kind}.{term.name}" for kind in kinds} <= BY_LINK.keys()


def test_every_question_is_in_japanese_and_english() -> None:
    for item in ITEMS:
        assert item["text"]
        assert translated(item, "text")[0] == "en"
        assert translated(item, "text")[1]
    enhancement = BY_LINK["spinal-mri.lesion.enhancement"]
    assert enhancement["text"] == TERMS["enhancement"].ja
    assert translated(enhancement, "text") == ("en", TERMS["enhancement"].en)


def test_every_coded_answer_is_mapped_and_in_two_languages() -> None:
    for link, coding in OPTIONS:
        if link.endswith(".comparator"):
            continue
        term = TERMS.term(coding["system"], coding["code"])
        assert term is not None
        assert coding["display"]
        assert translated(coding, "display") == ("ja", term.ja)


def test_a_state_is_answered_with_one_of_five_codes() -> None:
    said = [c["code"] for link, c in OPTIONS if link == "spinal-mri.lesion.enhancement"]
    assert said == ["52101004", "272519000", "373068000", "373121007", "261665006"]


def test_the_sites_are_every_site_of_the_mappings() -> None:
    (sites,) = FORM["contained"]
    rows = [(i["system"], c["code"]) for i in sites["compose"]["include"] for c in i["concept"]]
    found = [TERMS.term(*row) for row in rows]
    assert all(found)
    wanted = {t.name for t in TERMS.terms.values() if t.kind == "site"}
    assert {t.name for t in found if t} == wanted
    assert len(found) == len(wanted)
    for link in BY_LINK:
        if link.endswith(".site"):
            assert BY_LINK[link]["answerValueSet"] == f"#{sites['id']}"
            assert BY_LINK[link]["repeats"]


def test_a_pressure_is_asked_with_a_choice_of_units() -> None:
    extensions = BY_LINK["patient.csf-pressure.value"]["extension"]
    units = [e["valueCoding"]["code"] for e in extensions]
    assert units == ["mm[H2O]", "cm[H2O]", "mm[Hg]", "kPa"]


@pytest.mark.parametrize(
    "link",
    [
        *("spinal-mri", "spinal-mri.lesion", "ri-cisternogram.lesion", "brain-mri"),
        *("patient.csf-pressure", "patient.lumbar-puncture", "patient.ortho-headache"),
    ],
)
def test_what_there_may_be_several_of_is_a_repeating_group(link: str) -> None:
    assert BY_LINK[link]["type"] == "group"
    assert BY_LINK[link]["repeats"] is True
