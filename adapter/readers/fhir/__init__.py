"""FHIR to Document: any resource, Bundle or NDJSON that holds findings, of R4, R4B, R5 or STU3.

Source: contract sections 2 and 4; fhir.md section 4.
"""

import hashlib
import io
from collections.abc import Iterable

from adapter.model import Document
from adapter.readers.fhir.codes import known
from adapter.readers.fhir.containers import from_json, from_lines, from_value, is_ndjson
from adapter.readers.fhir.dialects import traits
from adapter.readers.fhir.documents import document
from adapter.readers.fhir.packing import is_gzip, is_xml, peeked, unpacked
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.sieve import matters
from adapter.readers.options import ReadOptions
from adapter.terms import Terms, dialect_told, of_sender


def sniff(data: bytes) -> bool:
    """Return whether `data` looks like FHIR: JSON, NDJSON or XML, also within gzip."""
    if is_gzip(data):
        data = peeked(data)
    if is_xml(data):
        return b"http://hl7.org/fhir" in data
    start = data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    if start not in (b"{", b"[", b"/"):
        return False
    return b'"resourceType"' in data or '"resourceType"'.encode("utf-16-le") in data


def read(data: bytes, name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what FHIR resources say.

    Parameters
    ----------
    data : bytes
        JSON, NDJSON or XML, UTF-8, with or without gzip.
    name : str
        The input's name, for sources and messages.
    terms : Terms
        From `adapter.terms.load`.
    options : ReadOptions
        Limits, time zone, strictness.

    Raises
    ------
    RefusedInput
        The input is no FHIR, or deviates under ``strict``.
    Damaged, LimitExceeded
        It ends early, or passes a limit.
    DifferentPatients
        It holds findings of several patients.
    """
    reading = new_reading(name, terms, options)
    plain = unpacked(data, name, options.max_bytes)
    if is_xml(plain):
        from adapter.readers.fhir.xml import parse

        resources = from_value(parse(plain, name), reading)
    elif is_ndjson(plain):
        resources = from_lines(io.BytesIO(plain), reading)
    else:
        resources = from_json(plain, reading)
    _recognise(resources, reading)
    return document(resources, reading, hashlib.sha256(data).hexdigest())


def _recognise(resources: list[Resource], reading: Reading) -> None:
    """Read in the dialect of the sender where the resources tell one that is known."""
    told = traits(resources)
    if not any(told.values()):
        return
    terms, spoken = of_sender(reading.terms, told)
    for what, severity in dialect_told(spoken):
        reading.tell("dialect", what, severity=severity)
    if terms is not reading.terms:
        reading.speak(terms, known(terms))


def read_lines(lines: Iterable[bytes], name: str, terms: Terms, options: ReadOptions) -> Document:
    """Return what NDJSON says that may be larger than the memory: one line is held at a time.

    Parameters
    ----------
    lines : iterable of bytes
        An open binary file, or what `gzip.open` gives. Of resources that hold nothing of ours
        only their unknown codes are kept. A stream may be of many senders: no dialect is used.
    """
    reading = new_reading(name, terms, options)
    reading.sieved = True
    digest = hashlib.sha256()

    def hashed() -> Iterable[bytes]:
        for line in lines:
            digest.update(line)
            yield line

    resources = from_lines(hashed(), reading, lambda resource: matters(resource, reading))
    return document(resources, reading, digest.hexdigest())


def new_reading(name: str, terms: Terms, options: ReadOptions) -> Reading:
    """Return an empty reading."""
    return Reading(name, terms, options, terms.labels, *known(terms))
