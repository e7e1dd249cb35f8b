"""A stub of a FHIR server for every test here, asked without a proxy."""

from collections.abc import Iterator

import pytest

from tests.readers.fhir_server.stubs import PATIENT
from tests.readers.fhir_stub import Stub, running


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("CSFLEAK_SERVER_TOKEN", "CSFLEAK_SERVER_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running() as one:
        one.hold(PATIENT)
        yield one
