"""FHIR XML to its JSON form, arrays and numbers as the tables of R4 have them.

What the reader refuses (a DOCTYPE, entities, other namespaces) is refused here, too. Unlike the
reader's, this form keeps the narrative, and tells one element from an array of one.
Source: FHIR R4 xml.html, json.html.
"""

import re
from typing import Any

from adapter.gates.fhir import r4
from adapter.gates.fhir.shapes import Json
from adapter.readers.fhir import xml
from adapter.readers.fhir.jsontext import Written

_FHIR = "{http://hl7.org/fhir}"
_WHOLE = frozenset({"integer", "unsignedInt", "positiveInt"})
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d{1,18}")


def parse(data: bytes, name: str) -> tuple[Json, bool]:
    """Return a resource, and whether all kinds in it have tables: else arrays are guessed.

    Raises
    ------
    RefusedInput, Damaged
        It is no FHIR XML, or ends early.
    """
    from lxml import etree

    xml.parse(data, name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    form = _Form()
    return form.resource(etree.fromstring(data, parser)), form.whole


class _Form:
    def __init__(self) -> None:
        self.whole = True

    def resource(self, element: Any) -> Json:
        kind = _name(element)
        self.whole = self.whole and r4.elements(kind) is not None
        return {"resourceType": kind, **self.object(element, kind)}

    def object(self, element: Any, kind: str) -> Json:
        """Return the object of an element of a type; of an unknown type arrays are guessed."""
        made: Json = {key: element.get(key) for key in ("id", "url") if key in element.attrib}
        table = r4.elements(kind)
        by_name: dict[str, list[Any]] = {}
        for child in element:
            by_name.setdefault(_name(child), []).append(child)
        for name, children in by_name.items():
            place, of = r4.place(table, name) if table else (None, "")
            repeats = table[place].repeats if table and place else len(children) > 1
            values = [self._value(child, of) for child in children]
            beside = [self.object(c, "Element") if _is_extended(c) else None for c in children]
            many = repeats or len(children) > 1
            if any(v is not None for v in values):
                made[name] = values if many else values[0]
            if any(beside) and (of in r4.PRIMITIVES or (not of and _has_value(children))):
                made[f"_{name}"] = beside if many else beside[0]
        return made

    def _value(self, child: Any, kind: str) -> Any:
        if _name(child) == "div":
            from lxml import etree

            return etree.tostring(child, encoding="unicode", with_tail=False)
        if "value" in child.attrib:
            return _primitive(child.get("value"), kind)
        if kind in r4.PRIMITIVES:
            return None
        inner = list(child)
        is_holder = kind in ("Resource", "OperationOutcome") or _name(child) == "contained"
        if is_holder and len(inner) == 1 and _name(inner[0])[:1].isupper():
            return self.resource(inner[0])
        return self.object(child, kind)


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _is_extended(element: Any) -> bool:
    """Return whether a value has an id or extensions, or has extensions alone."""
    if "value" in element.attrib:
        return len(element) > 0 or "id" in element.attrib
    return len(element) > 0 and all(_name(child) == "extension" for child in element)


def _has_value(children: list[Any]) -> bool:
    return any("value" in child.attrib for child in children)


def _primitive(value: str, kind: str) -> Any:
    """Return a value as JSON writes it; one of the wrong form stays text, which its rule tells."""
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind in _WHOLE and _INTEGER.fullmatch(value):
        return int(value)
    if kind == "decimal" and _NUMBER.fullmatch(value):
        return Written(value)
    return value
