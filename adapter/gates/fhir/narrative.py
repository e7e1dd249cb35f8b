"""``text.div``: XHTML that a receiver can show, of the elements and attributes FHIR allows.

Source: FHIR R4 narrative.html; invariants txt-1, txt-2.
"""

import re
from collections.abc import Iterator
from typing import Any

from adapter.gates.fhir.base import ERROR, Broken, Rule
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import text

_XHTML = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS = frozenset({
    "a", "abbr", "acronym", "b", "big", "blockquote", "br", "caption", "cite", "code", "col",
    "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "img", "li", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var",
})  # fmt: skip
_ATTRIBUTES = frozenset({
    "abbr", "accesskey", "align", "alt", "axis", "bgcolor", "border", "cellhalign",
    "cellpadding", "cellspacing", "cellvalign", "char", "charoff", "charset", "cite", "class",
    "colspan", "compact", "coords", "dir", "frame", "headers", "height", "href", "hreflang",
    "hspace", "id", "lang", "longdesc", "name", "nowrap", "rel", "rev", "rowspan", "rules",
    "scope", "shape", "span", "src", "start", "style", "summary", "tabindex", "title", "type",
    "valign", "value", "vspace", "width",
})  # fmt: skip
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;|#)[A-Za-z]\w*;")


def narrative(resource: Resource, held: Held) -> Broken:
    """Yield what is wrong with each narrative: of the resource, and of a Composition's sections."""
    for path, div in _divs(resource.body, resource.path):
        yield from ((path, what) for what in dict.fromkeys(_wrong(div)))


def _divs(body: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    told = body.get("text")
    if isinstance(told, dict) and isinstance(told.get("div"), str):
        yield f"{path}.text.div", text(told["div"])
    sections = body.get("section")
    for index, one in enumerate(sections if isinstance(sections, list) else []):
        if isinstance(one, dict):
            yield from _divs(one, f"{path}.section[{index}]")


def _wrong(div: str) -> Iterator[str]:
    from lxml import etree

    if "<!DOCTYPE" in div.upper() or "<!ENTITY" in div.upper():
        yield "has a DOCTYPE or entity declarations: take them out"
        return
    # FHIR lets the entities of HTML stand; XML knows five. They are read as a character.
    plain = _ENTITY.sub("\N{NO-BREAK SPACE}", div).replace("\r", "")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(plain.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        yield "is no well-formed XML: close every tag, quote every attribute, escape & and <"
        return
    yield from _tree(root)


def _tree(root: Any) -> Iterator[str]:
    if root.tag != f"{_XHTML}div":
        local = str(root.tag).rpartition("}")[2]
        if local == "div":
            yield 'has not the namespace of XHTML: <div xmlns="http://www.w3.org/1999/xhtml">'
        else:
            yield 'is no <div>: put it into <div xmlns="http://www.w3.org/1999/xhtml">'
        return
    for one in root.iter():
        if not isinstance(one.tag, str):
            continue
        local = one.tag.removeprefix(_XHTML)
        if local not in _ELEMENTS:
            yield f"has <{local}>, which no narrative may have: take it out"
        for name in one.attrib:
            if name not in _ATTRIBUTES and name != _XML_LANG:
                yield f"has the attribute {name}, which no narrative may have: take it out"
    if not "".join(root.itertext()).strip("\N{NO-BREAK SPACE} \t\n") and not _shows(root):
        yield "says nothing: put text into it, or leave the narrative out"


def _shows(root: Any) -> bool:
    return any(one.get("src") for one in root.iter(f"{_XHTML}img"))


RULES = (
    Rule(
        "base.narrative",
        ERROR,
        "FHIR R4 narrative.html; txt-1, txt-2",
        "text.div is XHTML with its namespace, of allowed elements, and says something",
        narrative,
        releases=frozenset({"R4", "R5"}),
    ),
)
