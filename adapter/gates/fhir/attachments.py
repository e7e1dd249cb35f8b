"""What an Attachment says of its data: size and hash.

Source: FHIR R4 datatypes.html#Attachment (hash: SHA-1 of the data, base64).
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator

from adapter.gates.fhir.base import ERROR, WARNING, Broken, Rule
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import Json, indexed

_ELEMENTS = ("presentedForm", "photo", "content")


def form_of_hash(resource: Resource, held: Held) -> Broken:
    for path, one in _attachments(resource):
        if isinstance(one.get("hash"), str):
            digest = _decoded(one["hash"])
            if digest is None or len(digest) != hashlib.sha1().digest_size:
                what = "is no SHA-1 in base64: encode its 20 bytes, not their hex"
                yield f"{path}.hash", what


def of_its_data(resource: Resource, held: Held) -> Broken:
    for path, one in _attachments(resource):
        data = _decoded(one.get("data"))
        if data is None:
            continue
        size, digest = one.get("size"), _decoded(one.get("hash"))
        if isinstance(size, int) and size != len(data):
            yield f"{path}.size", f"is not that of the data, which has {len(data)} bytes"
        if digest is not None and len(digest) == 20 and digest != hashlib.sha1(data).digest():
            yield f"{path}.hash", "is not the SHA-1 of the data: was the data changed?"


def _attachments(resource: Resource) -> Iterator[tuple[str, Json]]:
    for name in _ELEMENTS:
        for at, one in indexed(resource.body, name):
            inner = one.get("attachment")
            if isinstance(inner, dict):
                yield f"{resource.path}.{at}.attachment", inner
            else:
                yield f"{resource.path}.{at}", one


def _decoded(value: object) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


_BOTH = frozenset({"R4", "R5"})
_SOURCE = "FHIR R4 datatypes.html#Attachment"

RULES = (
    Rule("base.hash", ERROR, _SOURCE, "a hash is a SHA-1 in base64", form_of_hash, releases=_BOTH),
    Rule("base.attachment", WARNING, _SOURCE, "size and hash are those of the data", of_its_data,
         releases=_BOTH),
)  # fmt: skip
