"""FHIR XML to the values its JSON form has.

Entities and DOCTYPE are refused: FHIR knows none. What repeats becomes a list, what stands once a
single value: the reader takes either. Source: FHIR R4 xml.html.
"""

import re
from typing import Any

from adapter.errors import Damaged, RefusedInput
from adapter.readers.fhir.jsontext import Written
from adapter.readers.fhir.shapes import Json

_FHIR = "{http://hl7.org/fhir}"
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PRIMITIVE = re.compile(
    r"(?:value|effective|performed|occurrence)"
    r"(?:Boolean|String|Integer|Decimal|DateTime|Date|Time|Instant|Code|Uri)"
    r"|status|birthDate|started|issued"
)
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def parse(data: bytes, where: str) -> Json:
    """Return the resource of an XML document.

    Raises
    ------
    RefusedInput
        It is no XML, no FHIR, or has a DOCTYPE.
    Damaged
        It ends early.
    """
    from lxml import etree

    if _DOCTYPE.search(data):
        raise RefusedInput("XML with a DOCTYPE or entities is not read", where)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line = getattr(error, "lineno", 0) or 0
        if str(error).startswith("Premature end") or _is_cut(data):
            raise Damaged(f"ends early (line {line}). Fetch it again", where) from None
        raise RefusedInput(f"not XML (line {line})", where) from None
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding the search cannot see
        raise RefusedInput("XML with a DOCTYPE or entities is not read", where)
    if not _name(root.tag):
        raise RefusedInput("XML of another namespace than FHIR's", where)
    return _resource(root)


def _is_cut(data: bytes) -> bool:
    """Return whether the last tag is not the end of the first element."""
    first = re.search(rb"<([A-Za-z][\w:.-]*)", data)
    return first is not None and not data.rstrip().endswith(b"</" + first[1] + b">")


def _name(tag: Any) -> str:
    """Return the name of a FHIR element; empty for anything else."""
    return tag[len(_FHIR) :] if isinstance(tag, str) and tag.startswith(_FHIR) else ""


def _resource(element: Any) -> Json:
    return {"resourceType": _name(element.tag), **_object(element)}


def _object(element: Any) -> Json:
    made: Json = {}
    for key in ("id", "url"):
        if element.get(key) is not None:
            made[key] = element.get(key)
    for child in element:
        name = _name(child.tag)
        if name:
            _put(made, name, child, element)
        elif isinstance(child.tag, str) and child.tag.endswith("}div"):
            made["div"] = "xhtml"  # kept as a sign that there is text; it is not read
    return made


def _put(made: Json, name: str, child: Any, parent: Any) -> None:
    value = child.get("value")
    if value is not None:
        _append(made, name, _primitive(name, value, parent))
        if len(child):
            made[f"_{name}"] = _object(child)
    elif name in ("contained", "resource", "outcome") and len(child) == 1:
        inner = child[0]
        _append(made, name, _resource(inner) if inner.get("value") is None else _object(child))
    elif _PRIMITIVE.fullmatch(name):
        made[f"_{name}"] = _object(child)
    else:
        _append(made, name, _object(child))


def _append(made: Json, name: str, value: Any) -> None:
    if name not in made:
        made[name] = value
    elif isinstance(made[name], list):
        made[name].append(value)
    else:
        made[name] = [made[name], value]


def _primitive(name: str, value: str, parent: Any) -> Any:
    """Return a value as JSON has it: true and false, numbers by their digits, all else as text."""
    if value in ("true", "false") and (name.endswith("Boolean") or name in ("notDone", "active")):
        return value == "true"
    is_number = name in ("valueInteger", "valueDecimal") or (
        name == "value" and _name(parent.tag).endswith(("Quantity", "low", "high", "Age"))
    )
    return Written(value) if is_number and _NUMBERS.fullmatch(value) else value
