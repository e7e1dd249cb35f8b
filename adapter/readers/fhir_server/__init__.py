"""A Patient or DiagnosticReport on a FHIR REST server to the bytes of one collection Bundle.

The Bundle is then an input like any file: `adapter.readers.fhir` reads it. The same content of a
server gives the same bytes. Source: FHIR R4 http.html, search.html; SMART App Launch 2.2.
"""

from adapter.errors import Usage
from adapter.readers.fhir_server.address import host, root
from adapter.readers.fhir_server.client import opened
from adapter.readers.fhir_server.gather import gather
from adapter.readers.fhir_server.options import ServerOptions, server_options
from adapter.readers.fhir_server.text import dump
from adapter.readers.fhir_server.token import token_source

__all__ = ["ServerOptions", "fetch", "name", "server_options"]


def name(url: str) -> str:
    """Return the name of what a URL names, as an input; raises Usage as `fetch`."""
    return root(url).url


def fetch(url: str, options: ServerOptions | None = None) -> bytes:
    """Return what a server holds of a patient, or what a report rests on, as a Bundle.

    Parameters
    ----------
    url : str
        ``https://HOST/BASE/Patient/ID`` or ``…/DiagnosticReport/ID``.
    options : ServerOptions
        Credentials, limits, and which other hosts may be asked.

    Raises
    ------
    Usage
        The URL is of another kind, or credentials are missing or refused.
    RefusedInput
        The server does not hold it, answers with something else, or leads to another host.
    LimitExceeded
        There is more than the limits allow; nothing is cut.
    Environment
        The network or the server failed, also when tried again.
    """
    options = options or ServerOptions()
    address = root(url)
    if options.base and address.base != options.base.rstrip("/"):
        text = "the settings in [server] are for another server (base)"
        raise Usage(text, host(url))
    client = opened(address.base, options, token_source(options))
    with client.http:
        found = gather(client, address)
    entries = [{"fullUrl": key, "resource": found[key]} for key in sorted(found)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return dump(bundle, address.shown)
