"""A run that is killed and run again ends as one that nobody disturbed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapter import batch
from adapter.batch import BatchOptions, LocalProcesses
from tests.batch.generator import archive
from tests.batch.test_run import run, tree
from tests.conftest import REPO

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills by a signal")
PATIENTS = 60


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return archive(11, PATIENTS).write(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def undisturbed(source, tmp_path_factory) -> dict[str, bytes]:
    destination = tmp_path_factory.mktemp("undisturbed")
    run(source, destination)
    return tree(destination)


def started(source: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "adapter", "batch", "run", str(source), "-o", str(out)]
    return subprocess.Popen(
        [*command, "--chunk", "2", *options], cwd=REPO, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(REPO)},
    )  # fmt: skip


def count(out: Path) -> int:
    return len(list((out / "cases").glob("*/*")))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_driver_that_is_killed_goes_on_where_it_was(workers, source, undisturbed, tmp_path):
    chance, out = random.Random(workers), tmp_path / "out"
    points = sorted(chance.sample(range(1, 2 * PATIENTS), 2))
    for kill, point in enumerate([None, *points]):
        process = started(source, out, "--workers", str(workers))
        end = time.monotonic() + 60
        pause = chance.uniform(0.2, 1.2)  # the first one dies while it lists or indexes
        while process.poll() is None and time.monotonic() < end:
            if point is None:
                time.sleep(pause)
                break
            if count(out) >= point:
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"kill {kill} came too late"
    found = batch.status(out)
    assert found["running"] is False
    assert found["cases"]["refused"] == 0
    run(source, out)
    assert tree(out) == undisturbed
    assert not [p for p in (out / ".csfleak" / "unfinished").rglob("*") if p.is_file()]


def test_a_terminated_driver_says_to_run_it_again(source, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = started(source, out, "--workers", "0")
    while process.poll() is None and count(out) < 4:
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 3
    run(source, out)
    assert tree(out) == undisturbed


class Killing(LocalProcesses):
    """Kills a busy worker after the first chunk of each task."""

    def run(self, task, chunks):
        for number, done in enumerate(LocalProcesses.run(self, task, chunks)):
            busy = [w for w in self._workers if w.work is not None]
            if number == 0 and busy:
                os.kill(busy[0].process.pid, signal.SIGKILL)
                KILLED.append(task)
            yield done


KILLED: list[object] = []


def test_a_killed_worker_costs_nothing(source, undisturbed, tmp_path):
    out = tmp_path / "out"
    summary = batch.run(
        [source], out, batch=BatchOptions(chunk=5), engine=lambda setup, _: Killing(setup, 2)
    )
    assert len(KILLED) == 2
    assert summary.cases["refused"] == 0
    assert tree(out) == undisturbed


def test_a_stranger_among_the_outputs_of_a_killed_run_is_removed(source, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = started(source, out, "--workers", "0")
    while process.poll() is None and count(out) < 10:
        time.sleep(0.005)
    process.kill()
    process.wait()
    (out / "cases" / "ab").mkdir(exist_ok=True)
    (out / "cases" / "ab" / f"case-ab{'0' * 18}.sr.dcm").write_bytes(b"an output without a line")
    kept = out / "cases" / "ab" / "notes.txt"
    kept.write_text("somebody's own")
    run(source, out)
    assert kept.exists()
    kept.unlink()
    assert tree(out) == undisturbed


@pytest.fixture
def tmpfs(tmp_path: Path):
    """Yield a small file system; skip where it cannot be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write a file until nothing is left."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


def test_a_disk_that_is_full_stops_the_run_until_there_is_room(source, undisturbed, tmpfs):
    out, ballast = tmpfs / "out", tmpfs / "ballast"
    process = started(source, out, "--workers", "1")
    while process.poll() is None and count(out) < 10:
        time.sleep(0.005)
    while process.poll() is None:
        fill(ballast)
    assert process.wait() == 3
    assert started(source, out, "--workers", "1").wait(120) == 3
    before = count(out)
    ballast.unlink()
    summary = run(source, out)
    assert summary.cases["refused"] == 0
    assert 10 <= before < count(out)
    assert tree(out) == undisturbed
