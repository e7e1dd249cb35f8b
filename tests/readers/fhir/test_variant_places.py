"""Sites and sides in each way they are said."""

import pytest

from tests.readers.fhir.building import (
    SCT,
    Json,
    at,
    coded,
    codes,
    comp,
    obs,
    one,
    read,
)
from tests.readers.fhir.variants import LATERALITY, LEFT


@pytest.mark.parametrize(
    ("site", "levels", "named"),
    [
        ({"bodySite": coded(SCT, "1626008")}, (9,), ()),
        ({"bodySite": {"text": "第3胸椎"}}, (9,), ()),
        ({"bodySite": {"text": "Th3〜5"}}, (9, 10, 11), ()),
        ({"bodySite": {"coding": [{"system": "http://his.example", "code": "99"}], "text": "Th3"}},
         (9,), ()),
        ({"bodySite": {"coding": [{"system": "http://jj1017.example", "code": "99"},
                                  {"system": SCT, "code": "1626008"}]}}, (9,), ()),
        ({"bodySite": {"coding": [{"system": SCT, "code": "122495006"},
                                  {"system": SCT, "code": "1626008"}]}}, (9,), ()),
        ({"bodySite": coded(SCT, "122495006")}, (), ("thoracic",)),
        ({"component": [at("1626008"), at("73071006")]}, (9, 10), ()),
        ({"component": [comp(coded(SCT, "363698007"), valueString="T3/T4")]}, (), ("T3-T4 disc",)),
        ({"component": [comp({"text": "部位"}, valueCodeableConcept={"text": "胸椎"})]},
         (), ("thoracic",)),
        ({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/bodySite",
                         "valueReference": {"reference": "#b"}}],
          "contained": [{"resourceType": "BodyStructure", "id": "b",
                         "location": coded(SCT, "1626008")}]}, (9,), ()),
        ({"bodyStructure": {"reference": "#b"},
          "contained": [{"resourceType": "BodyStructure", "id": "b", "includedStructure": [
              {"structure": coded(SCT, "1626008")}, {"structure": coded(SCT, "73071006")}]}]},
         (9, 10), ()),
    ],
)  # fmt: skip
def test_v10_v11_a_site_is_read_in_each_way(
    site: Json, levels: tuple[int, ...], named: tuple[str, ...]
) -> None:
    found = one(obs(**site))
    assert found.site is not None
    assert found.site.levels == levels
    assert tuple(n.name for n in found.site.named) == named


def test_a_site_observation_among_the_members_is_the_lesions() -> None:
    place = obs(coded(SCT, "363698007"), None, id="s", valueCodeableConcept=coded(SCT, "1626008"))
    found = one(obs(hasMember=[{"reference": "Observation/s"}]), place)
    assert found.site is not None
    assert found.site.levels == (9,)


@pytest.mark.parametrize(
    "site",
    [
        {"bodySite": coded("http://his.example", "99")},
        {"bodySite": {"text": "全脊椎"}},
        {"bodyStructure": {"reference": "BodyStructure/none"}},
        {"bodySite": {"coding": [{"system": SCT, "code": "1626008"},
                                 {"system": SCT, "code": "73071006"}]}},
    ],
)  # fmt: skip
def test_a_site_that_cannot_be_read_leaves_the_lesion(site: Json) -> None:
    document = read(obs(**site))
    (found,) = document.statements
    assert found.site is None or not found.site.stated
    assert {"site-unreadable", "reference-missing", "contradiction"} & set(codes(document))


@pytest.mark.parametrize(
    "how",
    [
        {"component": [comp(LATERALITY, valueCodeableConcept=LEFT)]},
        {"component": [comp(LATERALITY, valueCodeableConcept={"text": "左"})]},
        {"component": [comp(LATERALITY, valueString="left")]},
        {"bodySite": {"text": "左L2"}},
        {"bodySite": {"coding": [{"system": SCT, "code": "14293000"},
                                 {"system": SCT, "code": "7771000"}]}},
        {"bodySite": {**coded(SCT, "14293000"), "extension": [
            {"url": "http://x.example/laterality-qualifier", "valueCodeableConcept": LEFT}]}},
        {"contained": [{"resourceType": "BodyStructure", "id": "b",
                        "location": coded(SCT, "14293000"), "locationQualifier": [LEFT]}],
         "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/bodySite",
                        "valueReference": {"reference": "#b"}}]},
    ],
)  # fmt: skip
def test_a_side_is_read_in_each_way(how: Json) -> None:
    assert one(obs(**how)).laterality == "left"


def test_a_lesion_on_two_sides_has_no_side() -> None:
    rows = [comp(LATERALITY, valueCodeableConcept=coded(SCT, c)) for c in ("7771000", "24028007")]
    document = read(obs(component=rows))
    assert document.statements[0].laterality is None
    assert codes(document) == ["contradiction"]
