"""A case in XML is the case in JSON."""

from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from adapter.readers import fhir
from tests.readers.fhir.answered_forms import WHOLE
from tests.readers.fhir.building import OPTIONS, TERMS, bundle, read
from tests.readers.fhir.test_contract import CASES


def element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(element(name, one) for one in value)
    if not isinstance(value, dict):
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name} value={quoteattr(shown)}/>"
    if "resourceType" in value:
        inner = resource(value)
        return f"<{name}>{inner}</{name}>"
    url = f" url={quoteattr(value['url'])}" if name == "extension" else ""
    rows = "".join(element(k, v) for k, v in value.items() if not (url and k == "url"))
    return f"<{name}{url}>{rows}</{name}>"


def resource(body: dict[str, Any], namespace: str = "") -> str:
    rows = "".join(element(k, v) for k, v in body.items() if k != "resourceType")
    return f"<{body['resourceType']}{namespace}>{rows}</{body['resourceType']}>"


def as_xml(body: dict[str, Any]) -> bytes:
    return resource(body, ' xmlns="http://hl7.org/fhir"').encode()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_says_the_same_in_xml(case: dict[str, Any]) -> None:
    form = bundle(*case["observations"])
    found = fhir.read(as_xml(form), "in.json", TERMS, OPTIONS)
    assert found.statements == read(form).statements
    assert found.issues == ()


def test_a_form_says_the_same_in_xml() -> None:
    found = fhir.read(as_xml(WHOLE), "in.json", TERMS, OPTIONS)
    concepts = [s.concept for s in read(WHOLE).statements]
    assert len(concepts) > 3
    assert [s.concept for s in found.statements] == concepts
