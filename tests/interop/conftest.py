"""A real FHIR server for the tests: HAPI's, built by ``make interop``.

Without ``CSFLEAK_REQUIRE_SERVER=1`` the tests skip: starting the server takes half a minute. With
it, a server that does not start is a failure.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

HAPI = Path(__file__).parent / "hapi" / "target"
START = 240  # seconds
# Little is run often enough to be worth compiling well.
_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g")
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the base URL of an empty FHIR R4 server on the loopback."""
    if os.environ.get("CSFLEAK_REQUIRE_SERVER") != "1":
        pytest.skip("starts a FHIR server: make interop (CSFLEAK_REQUIRE_SERVER=1)")
    java = shutil.which("java")
    if java is None or not (HAPI / "dependency").is_dir():
        pytest.fail("no Java, or the server is not built: make interop")
    log = tmp_path_factory.mktemp("hapi") / "log"
    path = os.pathsep.join((str(HAPI / "classes"), str(HAPI / "dependency" / "*")))
    command = [java, *_JAVA, _QUIET, "-cp", path, "interop.Server"]
    with (
        log.open("wb") as messages,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages, text=True) as process,
    ):
        timer = threading.Timer(START, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            timer.cancel()
            if not url:
                pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")
            yield url
        finally:
            timer.cancel()
            process.kill()
