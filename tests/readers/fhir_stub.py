"""A FHIR server for tests: answers from a script, on the loopback, and remembers the questions."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer; ``slowly`` is the pause before each byte of the body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    slowly: float = 0.0

    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


Answer = Reply | list[Reply] | Callable[[Asked], Reply]


@dataclass
class Stub:
    """Answers by path with query; a list answers one after another, its last for ever.

    A search that nobody scripted finds nothing; anything else is 404.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/fhir"

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        answer = self.answers.get(asked.path)
        if answer is None and "?" in asked.path:
            answer = self.answers.get(asked.path.partition("?")[0], Reply(body=page()))
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer(asked) if callable(answer) else answer or Reply(404)

    def hold(self, *resources: dict[str, Any]) -> None:
        """Script reads of resources, and one page for each type's search by patient."""
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for one in resources:
            kind = one["resourceType"]
            self.answers[f"/fhir/{kind}/{one['id']}"] = Reply(body=one)
            by_kind.setdefault(kind, []).append(one)
        for kind, some in by_kind.items():
            self.answers[f"/fhir/{kind}"] = Reply(body=page(*some))


def page(*resources: dict[str, Any], link: str = "") -> dict[str, Any]:
    """Return a searchset."""
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    made["entry"] = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    made["link"] = [{"relation": "next", "url": link}] if link else []
    return made


@contextmanager
def running() -> Iterator[Stub]:
    """Serve a stub on a free port of the loopback."""
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            headers = {k.lower(): v for k, v in self.headers.items()}
            reply = stub.reply(Asked(self.command, self.path, headers, body))
            self._send(reply)

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def _send(self, reply: Reply) -> None:
            data = reply.data()
            self.send_response(reply.status)
            for key, value in reply.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            try:
                for byte in data if reply.slowly else ():
                    time.sleep(reply.slowly)
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                if not reply.slowly:
                    self.wfile.write(data)
            except OSError:
                pass  # the client has left

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
