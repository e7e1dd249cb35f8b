"""Hostile input is refused cleanly, and soon."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.errors import AdapterError, LimitExceeded, RefusedInput
from adapter.readers import fhir
from adapter.readers.options import ReadOptions
from tests.readers.fhir.building import OPTIONS, TERMS, at, bundle, comp, obs, read

NESTED = b'{"resourceType": "Observation", "extension": '
FHIR = b'<Observation xmlns="http://hl7.org/fhir">'


@pytest.mark.parametrize("depth", [65, 900, 10_000, 200_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_json_is_refused(depth: int, brackets: tuple[bytes, bytes]) -> None:
    data = NESTED + brackets[0] * depth + b"1" + brackets[1] * depth + b"}"
    with pytest.raises(LimitExceeded, match="nested"):
        fhir.read(data, "deep.json", TERMS, OPTIONS)


@pytest.mark.parametrize("words", ["[[[[", "]]", "{}}{", '\\"[', "[" * 100])
def test_brackets_within_texts_are_no_depth(words: str) -> None:
    assert len(read(obs(note=[{"text": words}])).statements) == 1


def test_a_bundle_in_a_bundle_in_a_bundle_ends() -> None:
    form = bundle(obs())
    for _ in range(12):
        form = bundle(form)
    assert read(form).statements == ()


XXE = [
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + FHIR + b"&e;</Observation>",
    b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + FHIR + b"&b;</Observation>",
    b"<!DOCTYPE Observation>" + FHIR + b"</Observation>",
    b'<?xml version="1.0"?><!doctype x>' + FHIR + b"</Observation>",
    ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
     '<Observation xmlns="http://hl7.org/fhir">&e;</Observation>').encode("utf-16"),
]  # fmt: skip


@pytest.mark.parametrize("data", XXE)
def test_xml_with_entities_or_doctype_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedInput) as caught:
        fhir.read(data, "x.xml", TERMS, OPTIONS)
    assert "root:" not in str(caught.value)


def test_a_billion_laughs_is_refused_at_once() -> None:
    laughs = [b'<!ENTITY l0 "lol">'] + [
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">'.encode() for n in range(1, 10)
    ]
    data = b"<!DOCTYPE x [" + b"".join(laughs) + b"]>" + FHIR + b"&l9;</Observation>"
    start = time.process_time()
    with pytest.raises(RefusedInput):
        fhir.read(data, "x.xml", TERMS, OPTIONS)
    assert time.process_time() - start < 1


def test_deep_xml_is_refused() -> None:
    data = FHIR + b"<extension>" * 5000 + b"</extension>" * 5000 + b"</Observation>"
    with pytest.raises(RefusedInput):
        fhir.read(data, "x.xml", TERMS, OPTIONS)


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory() -> None:
    import gzip

    data = gzip.compress(b'{"resourceType": "Bundle"}' + b" " * 50_000_000)
    with pytest.raises(LimitExceeded):
        fhir.read(data, "x.gz", TERMS, ReadOptions(max_bytes=1_000_000))


@pytest.mark.parametrize("digits", [400, 5_000])
def test_a_number_of_many_digits_is_no_harm(digits: int) -> None:
    text = json.dumps(obs("csf-pressure", None, valueQuantity={"value": 1, "unit": "mmH2O"}))
    try:
        fhir.read(text.replace('"value": 1', f'"value": {"9" * digits}').encode(), "x", TERMS,
                  OPTIONS)  # fmt: skip
    except AdapterError as error:
        assert "digits" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b'{"resourceType": "\xff"}', b'{"resourceType":"x"}']
)
def test_bytes_that_are_no_text_are_refused_or_nothing(data: bytes) -> None:
    with contextlib.suppress(RefusedInput):
        assert fhir.read(data, "x", TERMS, OPTIONS).statements == ()


WHOLE = bundle(
    {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "s", "value": "1"}],
     "name": [{"family": "a", "given": ["b"]}], "birthDate": "1970-01-01"},
    {"resourceType": "ImagingStudy", "id": "s", "status": "available", "started": "2026-01-01",
     "modality": [{"system": "DCM", "code": "MR"}], "series": [{"uid": "1", "instance": [{}]}]},
    obs({"text": "p"}, None, id="g", hasMember=[{"reference": "Observation/o1"}]),
    obs(component=[comp("enhancement", "absent"), at("1626008")], bodySite={"text": "T3"},
        identifier=[{"system": "urn:dicom:uid", "value": "1.2"}], interpretation=[{}],
        derivedFrom=[{"reference": "ImagingStudy/s"}], performer=[{"display": "x"}],
        effectivePeriod={"start": "2026"}, extension=[{"url": "x"}], category=[{"coding": [{}]}]),
    {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {},
     "result": [{"reference": "Observation/o1"}], "imagingStudy": [{"reference": "x"}]},
    {"resourceType": "Procedure", "status": "completed", "code": {"text": "腰椎穿刺"}},
)  # fmt: skip


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = value.items() if isinstance(value, dict) else enumerate(value)
    found = [at] if at else []
    for key, child in rows:
        inner = (*at, key)
        found += paths(child, inner) if isinstance(child, dict | list) else [inner]
    return found


PATHS = paths(WHOLE)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "text", "reference", "value"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATHS), JUNK)
def test_an_element_of_any_type_raises_nothing_but_a_refusal(
    path: tuple[Any, ...], junk: Any
) -> None:
    form = json.loads(json.dumps(WHOLE))
    place = form
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = junk
    with contextlib.suppress(AdapterError):
        fhir.read(json.dumps(form).encode(), "x", TERMS, OPTIONS)
