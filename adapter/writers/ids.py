"""Deterministic identities of what is written: the same case, policy and version, the same UID.

A different grade never travels under an old UID: the inputs' digests, the criteria and software
version, the policy, the mappings' digest, and the output's kind, profile and language all enter
what names a version. `adapter.writers.fhir.lasting` names a report through all its versions.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from adapter.model import Graded
from adapter.writers.options import WriteOptions

_NAMESPACE = uuid.UUID("3401cd7b-9a2f-5a3d-9d25-6a7f2e0c11b9")
try:
    hashlib.sha1(b"")
    _sha1: Callable[[bytes], Any] = hashlib.sha1
except ValueError:  # a machine on which SHA-1 is not for security: a name is none
    _sha1 = partial(hashlib.sha1, usedforsecurity=False)
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def seed(graded: Graded, options: WriteOptions) -> str:
    """Return the text that every identity of these outputs is derived from."""
    # A refused input makes the same case incomplete: another document.
    inputs = [f"{i.digest} {i.status}" for i in graded.case.inputs if i.status in _COUNTED]
    settings = (
        tuple(graded.versions.items()),
        tuple(graded.policy.items()),
        options.profile, options.fhir, options.lang, options.sr, options.snomed, options.charset,
        options.verified_by or "", options.timezone or "",
        # The organisation that answers for a signature stands in the SR.
        options.verified_by and str(options.settings.get("organization", "")),
    )  # fmt: skip
    return "\x1f".join((*sorted(inputs), _settings(settings)))


_COUNTED = ("used", "refused")


@lru_cache(maxsize=16)
def _settings(settings: tuple[object, ...]) -> str:
    return json.dumps(settings, ensure_ascii=False)


def delivery(base: str, options: WriteOptions, kind: str) -> str:
    """Return the UUID of one Bundle: what it replaces and when it is written make it another."""
    replaced = [p.version or p.input.id for p in options.previous]
    return uuid5(base, "Bundle", kind, *([options.now] if options.now else []), *replaced)


def uuid5(base: str, *kind: str) -> str:
    """Return the UUIDv5 of `base` for one output, named by `kind`.

    The name within our namespace is the hash of `base` and the words of `kind`: RFC 9562, 5.5.
    """
    name = _hashed(base) + "\x1f".join(kind).encode()
    made = _sha1(name).hexdigest()
    variant = _VARIANTS[made[16]]
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{variant}{made[17:20]}-{made[20:32]}"


@lru_cache(maxsize=16)
def _hashed(base: str) -> bytes:
    """Return our namespace and the hash of a base: bases are long, and name many outputs."""
    return _NAMESPACE.bytes + hashlib.sha256(base.encode()).hexdigest().encode() + b"\x1f"


def uid(base: str, *kind: str) -> str:
    """Return the DICOM UID (2.25.…) of the same identity as `uuid5`."""
    return f"2.25.{int(uuid5(base, *kind).replace('-', ''), 16)}"


def case_name(graded: Graded) -> str:
    """Return the file-name stem of a case: from the inputs' digests, never a patient's name."""
    digests = sorted(i.digest for i in graded.case.inputs if i.status == "used")
    return f"case-{uuid.uuid5(_NAMESPACE, '|'.join(digests)).hex[:12]}"


def sr_document(base: str, options: WriteOptions) -> tuple[str, str]:
    """Return Series and SOP Instance UID of the SR written of `base`, a `seed`.

    What it replaces makes it another document, and so does an instant of writing that is given:
    the bytes carry both.
    """
    of = [*([options.now] if options.now else []), *(uid for *_, uid in options.predecessors)]
    return uid(base, "sr", "series", *of), uid(base, "sr", "instance", *of)
