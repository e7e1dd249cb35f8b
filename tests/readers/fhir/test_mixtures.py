"""Findings in a random mixture of variants and containers come back as they were."""

import gzip
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.model import Statement
from adapter.readers import fhir
from tests.readers.fhir.building import (
    OPTIONS,
    SCT,
    TERMS,
    Json,
    at,
    bundle,
    coded,
    comp,
    obs,
    ours,
)
from tests.readers.fhir.variants import LATERALITY, VALUES

LESIONS = ("epi-fluid", "float-dural-sac", "ri-epidural", "ctm-epidural")
FACTS = ("subdural-fluid", "circ-failure", "ctm-subdural", "venous-plexus", "herniation")
STATES = tuple(VALUES)
SIDES = {"left": "7771000", "right": "24028007", "bilateral": "51440002"}
LEVELS = {"T1": "64864005", "T2": "53733008", "T3": "1626008", "L2": "14293000"}
ATTRIBUTES = {
    lesion: [
        t.name
        for t in TERMS.terms.values()
        if t.kind == "attribute"
        and set(TERMS[lesion].exams) & set(t.exams)
        and t.name != "ri-pattern"
    ]
    for lesion in LESIONS
}

lesions = st.sampled_from(LESIONS).flatmap(
    lambda name: st.fixed_dictionaries(
        {
            "concept": st.just(name),
            "state": st.sampled_from(STATES),
            "levels": st.lists(st.sampled_from(tuple(LEVELS)), unique=True, max_size=3),
            "side": st.none() | st.sampled_from(tuple(SIDES)),
            "uid": st.booleans(),
            "attributes": st.dictionaries(
                st.sampled_from(ATTRIBUTES[name]), st.sampled_from(STATES), max_size=3
            ),
        }
    )
)
facts = st.fixed_dictionaries({"concept": st.sampled_from(FACTS), "state": st.sampled_from(STATES)})


def spoken(statement: Statement) -> Any:
    levels = statement.site.levels if statement.site else ()
    return (
        statement.concept,
        statement.state.value,
        tuple(levels),
        statement.laterality,
        statement.uid,
        tuple(sorted((p.concept, p.state.value) for p in statement.parts)),
    )


def meant(model: Json, number: int) -> Any:
    levels = sorted(TERMS[name].site.levels[0] for name in model.get("levels", ()))  # type: ignore[union-attr]
    uid = f"2.25.{number}" if model.get("uid") else None
    attributes = tuple(sorted(model.get("attributes", {}).items()))
    return model["concept"], model["state"], tuple(levels), model.get("side"), uid, attributes


class Writer:
    """Writes findings, choosing a variant at every step."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.made: list[Json] = []

    def pick(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def code(self, name: str) -> Json:
        term = TERMS[name]
        unknown = {"system": "http://his.example", "code": "1"}
        both = {"coding": [unknown, *ours(name)["coding"]]}
        return self.pick(ours(name), both, {"text": term.ja}, {"text": term.en})  # type: ignore[no-any-return]

    def value(self, state: str) -> Json:
        return VALUES[state][self.pick(*VALUES[state])]

    def add(self, body: Json) -> Json:
        body["id"] = f"r{len(self.made)}"
        self.made.append(body)
        return {"reference": f"Observation/{body['id']}"}

    def fact(self, model: Json) -> None:
        code, value = self.code(model["concept"]), self.value(model["state"])
        if self.pick(True, False):
            self.add(obs(code, None, **value))
        else:
            self.add(obs({"text": "所見"}, None, component=[comp(code, **value)]))

    def lesion(self, model: Json, number: int) -> None:
        components: list[Json] = []
        body: Json = {}
        members: list[Json] = []
        if len(model["levels"]) == 1 and self.pick(True, False):
            body["bodySite"] = self.pick(
                coded(SCT, LEVELS[model["levels"][0]]), {"text": model["levels"][0]}
            )
        else:
            components += [at(LEVELS[name]) for name in model["levels"]]
        if model["side"]:
            components.append(
                comp(LATERALITY, valueCodeableConcept=coded(SCT, SIDES[model["side"]]))
            )
        if model["uid"]:
            value = self.pick("", "urn:oid:") + f"2.25.{number}"
            body["identifier"] = [{"system": "urn:dicom:uid", "value": value}]
        for name, state in model["attributes"].items():
            if self.pick(True, False):
                components.append(comp(self.code(name), **self.value(state)))
            else:
                members.append(self.add(obs(self.code(name), None, **self.value(state))))
        code, value = self.code(model["concept"]), self.value(model["state"])
        shape = self.pick("V1", "V6", "obs-7", *(["V2"] if model["state"] == "present" else []))
        if shape == "V2":
            finding = coded("http://dicom.nema.org/resources/ontology/DCM", "121071")
            made = obs(finding, None, valueCodeableConcept=ours(model["concept"]), **body)
        elif shape == "V1":
            made = obs(code, None, **value, **body)
        else:
            outer = code if shape == "obs-7" else {"text": "読影所見"}
            made = obs(outer, None, **body)
            components.insert(0, comp(code, **value))
        if components:
            made["component"] = self.draw(st.permutations(components))
        if members:
            made["hasMember"] = members
        reference = self.add(made)
        if self.pick(True, False):
            self.add(obs({"text": "panel"}, None, hasMember=[reference]))

    def packed(self) -> bytes:
        resources = self.draw(st.permutations(self.made))
        form = self.pick("array", "bundle", "ndjson", "gzip", "parameters", "report")
        if form == "ndjson":
            return (
                b"\n\n".join(json.dumps(r, ensure_ascii=False).encode() for r in resources) + b"\n"
            )
        if form == "parameters":
            rows = [{"name": "x", "resource": r} for r in resources]
            return json.dumps({"resourceType": "Parameters", "parameter": rows}).encode()
        if form == "report":
            text = json.dumps(
                {
                    "resourceType": "DiagnosticReport",
                    "status": "final",
                    "code": {"text": "MRI"},
                    "contained": resources,
                }
            )
            return text.replace('"Observation/r', '"#r').encode()
        whole = json.dumps(resources if form == "array" else bundle(*resources)).encode()
        return gzip.compress(whole) if form == "gzip" else whole


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(lesions, min_size=1, max_size=3), st.lists(facts, max_size=3))
def test_any_mixture_reads_back(data: Any, found: list[Json], said: list[Json]) -> None:
    writer = Writer(data.draw)
    for number, model in enumerate(found):
        writer.lesion(model, number)
    for model in said:
        writer.fact(model)
    document = fhir.read(writer.packed(), "in", TERMS, OPTIONS)
    expected = [meant(m, n) for n, m in enumerate(found)] + [meant(m, 0) for m in said]
    assert sorted(map(spoken, document.statements), key=repr) == sorted(expected, key=repr)
