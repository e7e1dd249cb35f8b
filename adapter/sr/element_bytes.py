"""An attribute, a text or a code to the bytes of its element, little endian.

Source: DICOM PS3.5 section 7.1; PS3.3 section 8.8 (codes).
"""

import struct
from functools import lru_cache

from adapter.errors import Usage
from adapter.sr.content import Code
from adapter.sr.dictionary import ATTRIBUTES, Attribute
from adapter.sr.values import LONGEST, encoded

_LONG = frozenset(("OB", "SQ", "UC", "UR", "UT"))  # length in four bytes


def attribute_of(keyword: str) -> Attribute:
    """Return the tag, the VR and the multiplicity of an attribute.

    Raises
    ------
    Usage
        It stands in no dictionary of ours.
    """
    try:
        return ATTRIBUTES[keyword]
    except KeyError:
        raise Usage("is no attribute of adapter.sr.dictionary", keyword) from None


def element(tag: int, vr: str, raw: bytes, implicit: bool) -> bytes:
    """Return one element; `raw` has an even length."""
    group, element = tag >> 16, tag & 0xFFFF
    if implicit:
        return struct.pack("<HHI", group, element, len(raw)) + raw
    if vr in _LONG:
        return struct.pack("<HH2sHI", group, element, vr.encode(), 0, len(raw)) + raw
    if len(raw) > LONGEST:
        raise Usage(f"a {vr} value has more than {LONGEST} bytes")
    return struct.pack("<HH2sH", group, element, vr.encode(), len(raw)) + raw


def text_element(keyword: str, value: str, implicit: bool, charset: str) -> bytes:
    """Return an attribute whose value is text."""
    tag, vr, many = attribute_of(keyword)
    return element(tag, vr, encoded(value, vr, many, charset, keyword), implicit)


# What recurs in every document: no more than the codes and flags of templates and mappings.
@lru_cache(maxsize=256)
def flag_element(keyword: str, value: str, implicit: bool) -> bytes:
    """Return an attribute whose value is one of a few defined terms."""
    return text_element(keyword, value, implicit, "utf8")


@lru_cache(maxsize=4096)
def code_sequence(keyword: str, code: Code, implicit: bool, charset: str) -> bytes:
    """Return a code sequence of one item."""
    raw = code_elements(code, implicit, charset)
    item = b"\xfe\xff\x00\xe0" + struct.pack("<I", len(raw)) + raw
    return element(attribute_of(keyword)[0], "SQ", item, implicit)


def code_elements(code: Code, implicit: bool, charset: str) -> bytes:
    """Return the elements of a coded entry: Code Value, or Long or URN Code Value."""
    fields = [
        ("CodeValue", code.value if len(code.value) <= 16 else ""),
        ("CodingSchemeDesignator", code.scheme),
        ("CodingSchemeVersion", code.version),
        ("CodeMeaning", code.meaning),
    ]
    if len(code.value) > 16:
        urn = code.value.startswith(("urn:", "http://", "https://"))
        fields.append(("URNCodeValue" if urn else "LongCodeValue", code.value))
    return b"".join(text_element(k, v, implicit, charset) for k, v in fields if v)
