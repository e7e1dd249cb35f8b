"""Bytes as they come to plain JSON or XML: gzip taken off, within a limit.

Source: RFC 1952.
"""

import zlib

from adapter.errors import Damaged, LimitExceeded

_PEEK = 65_536


def is_gzip(data: bytes) -> bool:
    """Return whether `data` is gzip."""
    return data.startswith(b"\x1f\x8b\x08")


def is_xml(data: bytes) -> bool:
    """Return whether `data` begins as XML does."""
    return data[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")


def peeked(data: bytes) -> bytes:
    """Return the beginning of what gzip holds; empty where it holds nothing readable."""
    try:
        return zlib.decompressobj(31).decompress(data, _PEEK)
    except zlib.error:
        return b""


def unpacked(data: bytes, where: str, max_bytes: int) -> bytes:
    """Return `data` without gzip.

    Raises
    ------
    LimitExceeded
        More than `max_bytes` come out of it: no more are ever held.
    Damaged
        The gzip stream is broken or ends early.
    """
    if not is_gzip(data):
        return data
    found = bytearray()
    while data:
        inflater = zlib.decompressobj(31)
        try:
            found += inflater.decompress(data, max_bytes + 1 - len(found))
        except zlib.error as error:
            raise Damaged("the gzip stream is broken. Fetch it again", where) from error
        if len(found) > max_bytes:
            what = f"inflates to more than {max_bytes} bytes (max_bytes)"
            raise LimitExceeded(what, where)
        if not inflater.eof:
            raise Damaged("the gzip stream ends early. Fetch it again", where)
        data = inflater.unused_data
        if not is_gzip(data):
            break
    return bytes(found)
