"""Deterministic identities of what is written: the same case, policy and version, the same UID.

A different grade never travels under an old UID: the inputs' digests, the criteria and software
version, the policy, the mappings' digest, and the output's kind, profile and language all enter
what names a version. `adapter.writers.fhir.lasting` names a report through all its versions.
"""

import hashlib
import json
import uuid
from functools import lru_cache

from adapter.model import Graded
from adapter.writers.options import WriteOptions

_NAMESPACE = uuid.UUID("3401cd7b-9a2f-5a3d-9d25-6a7f2e0c11b9")
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def seed(graded: Graded, options: WriteOptions) -> str:
    """Return the text that every identity of these outputs is derived from."""
    parts = [
        # A refused input makes the same case incomplete: another document.
        sorted((i.digest, i.status) for i in graded.case.inputs if i.status in ("used", "refused")),
        dict(graded.versions),
        {name: str(value) for name, value in graded.policy.items()},
        options.profile, options.fhir, options.lang, options.sr, options.snomed, options.charset,
        options.verified_by or "", options.timezone or "",
        # The organisation that answers for a signature stands in the SR.
        options.verified_by and str(options.settings.get("organization", "")),
    ]  # fmt: skip
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def delivery(base: str, options: WriteOptions, kind: str) -> str:
    """Return the UUID of one Bundle: what it replaces and when it is written make it another."""
    replaced = [p.version or p.input.id for p in options.previous]
    return uuid5(base, "Bundle", kind, *([options.now] if options.now else []), *replaced)


def uuid5(base: str, *kind: str) -> str:
    """Return the UUIDv5 of `base` for one output, named by `kind`."""
    # RFC 9562, 5.5, as `uuid.uuid5` does it; one base is hashed once for all its outputs.
    sha = _hashed(base).copy()
    sha.update("".join([f"\x1f{word}" for word in kind]).encode())
    made = sha.hexdigest()
    variant = _VARIANTS[made[16]]
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{variant}{made[17:20]}-{made[20:32]}"


@lru_cache(maxsize=16)
def _hashed(base: str) -> "hashlib._Hash":
    return hashlib.sha1(_NAMESPACE.bytes + base.encode(), usedforsecurity=False)


def uid(base: str, *kind: str) -> str:
    """Return the DICOM UID (2.25.…) of the same identity as `uuid5`."""
    return f"2.25.{uuid.UUID(uuid5(base, *kind)).int}"


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
