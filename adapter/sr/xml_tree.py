"""Bytes of XML to a tree of elements: no document type, no entities, within limits."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from adapter.errors import LimitExceeded, RefusedInput
from adapter.sr.limits import Limits

DEEP = 256  # elements within elements; an item of a sequence is several
_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_NATIVE = frozenset(("utf-8", "utf-16", "iso-8859-1", "us-ascii"))


@dataclass(slots=True)
class Node:
    """One element; names are without their namespace."""

    name: str
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text directly in the element."""
        return "".join(self.parts)

    def first(self, *names: str) -> "Node | None":
        """Return what a path of names leads to, taking the first of each."""
        node: Node | None = self
        for name in names:
            node = next((one for one in node.children if one.name == name), None) if node else None
        return node

    def all(self, name: str) -> list["Node"]:
        """Return the children of a name."""
        return [one for one in self.children if one.name == name]


def parse(data: bytes, name: str, limits: Limits) -> Node:
    """Return the root element.

    Raises
    ------
    RefusedInput
        Not well-formed, or with a document type (which may carry entities).
    LimitExceeded
        Nested too deeply, or too many elements.
    """
    root = Node("", {})
    open_nodes = [root]
    most = limits.elements // 4  # an element of XML takes more memory than one of a file
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(open_nodes) > DEEP:
            raise LimitExceeded(f"has XML elements nested more than {DEEP} deep", name)
        if count > most:
            raise LimitExceeded(f"has more than {most} XML elements", name)
        node = Node(tag.rpartition(":")[2], attributes)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        open_nodes.pop()

    def text(part: str) -> None:
        open_nodes[-1].parts.append(part)

    def doctype(*_: object) -> None:
        raise RefusedInput("has a document type declaration, which is not read", name)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(_readable(data), True)
    except (expat.ExpatError, ValueError, LookupError):
        raise RefusedInput("is not well-formed XML", name) from None
    return root.children[0]


def _readable(data: bytes) -> bytes:
    """Return the document in UTF-8 where expat does not know its encoding, e.g. ISO-2022-JP."""
    found = _DECLARED.match(data[:256])
    if not found or found[1].decode("ascii").lower() in _NATIVE:
        return data
    text = data.decode(found[1].decode("ascii"))
    return re.sub(r"<\?xml.*?\?>", "", text, count=1).encode("utf-8")
