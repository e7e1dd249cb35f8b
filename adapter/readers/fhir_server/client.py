"""One server, asked politely: GET with bounds, retries, and no step to a host that is not allowed.

Source: FHIR R4 http.html; RFC 9110 (Retry-After, redirects).
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic, sleep
from typing import TYPE_CHECKING

from adapter import __version__
from adapter.errors import Environment, LimitExceeded, RefusedInput, Usage
from adapter.readers.fhir_server.address import allowed, host, is_private, joined, origin
from adapter.readers.fhir_server.options import ServerOptions

if TYPE_CHECKING:
    import ssl

    import httpx

_AGAIN = frozenset({429, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MAX_HOPS = 5
_JSON = "application/fhir+json, application/json;q=0.9"
_HEADERS = {
    "User-Agent": f"csfleak-adapter/{__version__}",
    # A server that does not know a parameter is to say so, not to answer without it.
    "Prefer": "handling=strict",
    # Some servers answer a search from a minute ago: a report may have come since.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of the last response; the body is empty where the status is no success."""

    status: int
    data: bytes
    url: str


@dataclass(slots=True, eq=False)
class Client:
    """A session with the server at ``base``.

    ``token`` gives the bearer token, or a new one where the last was refused; None sends none.
    """

    base: str
    options: ServerOptions
    http: "httpx.Client"
    token: Callable[["Client", bool], str] | None = None
    taken: int = 0
    deadline: float = field(default=0.0)

    def get(self, url: str, where: str) -> Answer:
        """Return what stands at `url`: success, 404 and 410; also other answers below 500.

        Raises
        ------
        Environment
            The network or the server fails, after all tries or at the end of ``max_seconds``.
        RefusedInput
            A redirect leads to a host that is not allowed.
        LimitExceeded
            All answers together pass ``max_bytes``.
        Usage
            The server wants credentials, or others.
        """
        for _ in range(_MAX_HOPS):
            if not allowed(url, self.base, self.options.allow_hosts):
                raise RefusedInput(_elsewhere(url), where)
            response = self._authorised(url, where)
            if response.status not in _MOVED:
                return response
            url = joined(url, response.data.decode("latin-1"))
        raise RefusedInput(f"redirected more than {_MAX_HOPS} times", where)

    def _authorised(self, url: str, where: str) -> Answer:
        own = origin(url) == origin(self.base)
        if self.token is None or not own:
            return _accepted(self.ask("GET", url, where, {}), where)
        for renew in (False, True):
            bearer = {"Authorization": f"Bearer {self.token(self, renew)}"}
            answer = self.ask("GET", url, where, bearer)
            if answer.status != 401 or self.options.token:
                break
        return _accepted(answer, where)

    def ask(
        self,
        method: str,
        url: str,
        where: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to one request, tried again as the options say."""
        import httpx

        problem = ""
        for delay in (*self.options.delays, None):
            wait = 0.0
            try:
                response = self._once(method, url, where, headers, form)
            except (httpx.TransportError, httpx.DecodingError) as error:
                problem = _words(error)
            except httpx.InvalidURL as error:
                raise RefusedInput("the server's answer holds an unusable URL", where) from error
            else:
                if response[0].status not in _AGAIN:
                    return response[0]
                problem, wait = f"answers {response[0].status}", response[1]
            if delay is None or monotonic() + max(delay, wait) >= self.deadline:
                break
            sleep(max(delay, wait))
        raise Environment(f"{host(url)} {problem}: try again later", where)

    def _once(
        self,
        method: str,
        url: str,
        where: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
    ) -> tuple[Answer, float]:
        import httpx

        left = self.deadline - monotonic()
        if left <= 0:
            raise httpx.ReadTimeout("max_seconds")
        timeout = min(self.options.timeout, left)
        given = {"Accept": _JSON, **headers}
        with self.http.stream(method, url, headers=given, data=form, timeout=timeout) as response:
            status = response.status_code
            if status >= 500 and status not in _AGAIN:
                raise Environment(f"{host(url)} answers {status}", where)
            if status in _MOVED:
                return Answer(status, response.headers.get("Location", "").encode(), url), 0.0
            body = b""
            if status < 300 or method == "POST":
                body = self._body(response, where)
            return Answer(status, body, url), _seconds(response.headers.get("Retry-After", ""))

    def _body(self, response: "httpx.Response", where: str) -> bytes:
        """Return the body; a server that drips or floods is left."""
        import httpx

        chunks = []
        for chunk in response.iter_bytes():
            self.taken += len(chunk)
            if self.taken > self.options.max_bytes:
                text = f"the server sends more than {self.options.max_bytes} bytes (max_bytes)"
                raise LimitExceeded(text, where)
            if monotonic() > self.deadline:
                raise httpx.ReadTimeout("max_seconds")
            chunks.append(chunk)
        return b"".join(chunks)


def opened(
    base: str, options: ServerOptions, token: Callable[[Client, bool], str] | None
) -> Client:
    """Return a session; its ``http`` is to be closed.

    Raises
    ------
    Usage
        The token would be sent unencrypted, or the file of certificates holds none.
    """
    import httpx

    if token is not None and not is_private(base):
        raise Usage("credentials are not sent over http: use https", host(base))
    # httpx logs every URL at INFO, and a search's URL names the patient.
    for name in ("httpx", "httpcore"):
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.WARNING)
    http = httpx.Client(
        headers=_HEADERS,
        follow_redirects=False,
        verify=_certificates(options.ca_file),
        max_redirects=0,
    )
    return Client(base, options, http, token, deadline=monotonic() + options.max_seconds)


@cache
def _certificates(ca_file: str) -> "ssl.SSLContext":
    """Return what a server's certificate is checked against; loading it takes 50 ms."""
    import ssl

    import httpx

    if not ca_file:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Usage("no certificates can be read from it", "[server] ca_file") from error


def _accepted(answer: Answer, where: str) -> Answer:
    if answer.status == 401:
        text = "the server wants credentials: set token_env, or client_id and a key, in [server]"
        raise Usage(text, where)
    if answer.status == 403:
        text = "the server forbids this to the credentials given: they need a wider scope"
        raise Usage(text, where)
    return answer


def _elsewhere(url: str) -> str:
    return (
        f"leads to another host, {host(url)}: nothing is fetched from there; "
        "allow_hosts in [server] allows it"
    )


def _words(error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return "does not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    return "breaks off its answer"


def _seconds(text: str) -> float:
    """Return what Retry-After says: seconds or a date; 0 where it says nothing usable."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
