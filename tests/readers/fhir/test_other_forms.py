"""Another form is read by the codes of its items."""

from typing import Any

from adapter.model import State
from tests.readers.fhir.answered_forms import PRESENT, both_ways, question, said
from tests.readers.fhir.answering import group, item, response
from tests.readers.fhir.building import SCT, bundle, codes, ours, parts

EFFECTIVE = "http://hl7.org/fhir/StructureDefinition/Observation#Observation.effective[x]"
OTHER = {
    "resourceType": "Questionnaire",
    "id": "mri",
    "url": "http://h.example/Questionnaire/mri",
    "version": "2",
    "status": "active",
    "item": [
        question("1", question("1.1", definition=EFFECTIVE), question(
            "1.2",
            question("1.2.1", code=ours("epi-fluid")),
            question("1.2.2", code={"coding": [{"system": SCT, "code": "363698007"}]}),
            question("1.2.3", code=ours("enhancement")),
            code=ours("epi-fluid"),
        ), code=ours("spinal-mri")),
        question("2", question("2.1", code=ours("ortho-headache")), question("2.2")),
    ],
}  # fmt: skip
OTHER_ANSWERS = {
    **response(
        group("1", item("1.1", {"valueDate": "2026-03-02"}), group(
            "1.2",
            item("1.2.1", PRESENT),
            item("1.2.2", {"valueString": "Th3"}),
            item("1.2.3", {"valueBoolean": False}),
        )),
        group("2", item("2.1", {"valueString": "なし"}), item("2.2", {"valueString": "x"})),
    ),
    "questionnaire": "http://h.example/Questionnaire/mri|2",
}  # fmt: skip


@both_ways
def test_another_form_is_read_by_the_codes_of_its_items(read: Any) -> None:
    document = read(bundle(OTHER, OTHER_ANSWERS))
    fluid, headache = sorted(document.statements, key=lambda s: s.concept)
    assert (fluid.state, fluid.exam.kind, fluid.date) == (State.PRESENT, "spinal-mri", "2026-03-02")
    assert fluid.site is not None
    assert fluid.site.levels == (9,)
    assert parts(fluid) == {"enhancement": State.ABSENT}
    assert headache.state is State.ABSENT
    assert codes(document) == ["not-mapped"]
    assert "'2.2'" in document.issues[0].diagnostics


def test_another_form_may_stand_within_its_answers() -> None:
    contained = {**OTHER, "url": None, "id": "f"}
    answers = {**OTHER_ANSWERS, "questionnaire": "#f", "contained": [contained]}
    assert len(said(answers).statements) == 2


def test_another_version_of_another_form_does_not_tell_its_items() -> None:
    document = said(bundle({**OTHER, "version": "1"}, OTHER_ANSWERS))
    assert (document.statements, codes(document)) == ((), ["not-used"])


def test_another_form_without_codes_is_not_used() -> None:
    bare = {**OTHER, "item": [question("1", question("1.1"))]}
    document = said(bundle(bare, OTHER_ANSWERS))
    assert (document.statements, codes(document)) == ((), ["not-used"])
