"""Addresses on FHIR servers: what is asked for, what a reference names, whose host it is.

Source: FHIR R4 http.html#general, references.html#literal.
"""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from adapter.errors import Usage

_ID = r"(?!\.+(?:/|$))[A-Za-z0-9\-.]{1,64}"
_RESOURCE = re.compile(rf"(?:(.+)/)?([A-Z][A-Za-z]+)/({_ID})(?:/_history/{_ID})?")
ROOTS = ("Patient", "DiagnosticReport")


@dataclass(frozen=True, slots=True)
class Address:
    """A resource on a server: ``{base}/{kind}/{id}``."""

    base: str
    kind: str
    id: str

    @property
    def url(self) -> str:
        """The absolute URL, without version."""
        return f"{self.base}/{self.kind}/{self.id}"

    @property
    def shown(self) -> str:
        """The URL for messages: its id hashed, as it may be a patient's."""
        digest = hashlib.sha256(self.id.encode()).hexdigest()[:8]
        return f"{self.base}/{self.kind}/#{digest}"


def root(url: str) -> Address:
    """Return the Patient or DiagnosticReport that a URL names.

    Raises
    ------
    Usage
        It names something else, or carries a user, a query or a version.
    """
    parts = _split(url)
    if parts is None or "@" in parts.netloc:
        # What stands before @ is a password: nothing of it is shown.
        raise Usage("no usable URL: https://HOST/BASE/Patient/ID is wanted")
    if parts.query or parts.fragment or "/_history/" in parts.path:
        text = "a URL without query, fragment and version is wanted"
        raise Usage(text, f"{parts.scheme}://{parts.netloc}")
    plain = f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
    found = _RESOURCE.fullmatch(plain)
    if found is None or found[2] not in ROOTS:
        text = f"a URL of one of {', '.join(ROOTS)} is wanted: https://HOST/BASE/Patient/ID"
        raise Usage(text, f"{parts.scheme}://{parts.netloc}")
    return Address(found[1], found[2], found[3])


def named(reference: str, base: str) -> Address | None:
    """Return the resource that a literal reference names; None for urn:, #, searches, others."""
    found = _RESOURCE.fullmatch(reference)
    if found is None:
        return None
    if found[1] is None:
        return Address(base, found[2], found[3])
    parts = _split(found[1])
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return Address(found[1], found[2], found[3])


def joined(url: str, link: str) -> str:
    """Return where a link on the page `url` leads; empty where nowhere."""
    try:
        return urljoin(url, link)
    except ValueError:
        return ""


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port; empty ones where `url` is no HTTP address."""
    parts = _split(url)
    if parts is None or parts.hostname is None or "@" in parts.netloc:
        return ("", "", 0)
    default = 443 if parts.scheme == "https" else 80
    return (parts.scheme, parts.hostname, parts.port or default)


def host(url: str) -> str:
    """Return ``scheme://host:port`` for messages."""
    scheme, name, port = origin(url)
    return f"{scheme}://{name}:{port}" if scheme else "no HTTP address"


def allowed(url: str, base: str, hosts: tuple[str, ...]) -> bool:
    """Return whether `url` is of the server's own origin, or of a host that is allowed.

    An allowed host is not asked over http where the server is asked over https.
    """
    scheme, name, port = origin(url)
    if not scheme:
        return False
    if (scheme, name, port) == origin(base):
        return True
    if scheme == "http" and origin(base)[0] == "https":
        return False
    return bool({name, f"{name}:{port}"} & {h.lower() for h in hosts})


def is_private(url: str) -> bool:
    """Return whether what is sent there cannot be overheard: https, or this machine itself."""
    scheme, name, _ = origin(url)
    if scheme == "https" or name == "localhost":
        return bool(scheme)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    if any(c <= " " or c in "\\\x7f" for c in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None
