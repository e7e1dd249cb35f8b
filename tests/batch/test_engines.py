"""Engines: every chunk comes back, whatever happens to a worker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapter.batch import Chunk, InProcess, LocalProcesses, engines
from adapter.errors import Environment
from tests.batch import tasks

pytestmark = pytest.mark.skipif(os.name == "nt", reason="tasks end by a signal")


def chunks(count: int = 12, size: int = 3) -> Iterator[Chunk]:
    for first in range(0, count, size):
        yield tuple(range(first, first + size))


def results(engine, task) -> dict[int, int]:
    try:
        done = list(engine.run(task, chunks()))
    finally:
        engine.close()
    return {i: r for d in done if not d.lost for i, r in zip(d.chunk, d.results, strict=True)}


EVERY = {item: 2 * item for item in range(12)}


def test_both_engines_give_the_same():
    assert results(InProcess(None), tasks.double) == EVERY
    assert results(LocalProcesses(None, 2), tasks.double) == EVERY


def test_the_chunk_of_a_killed_worker_is_redone(tmp_path: Path):
    assert results(LocalProcesses(str(tmp_path), 2), tasks.die_once) == EVERY
    assert (tmp_path / "died").exists()


def test_an_item_that_kills_every_worker_is_lost_alone():
    engine = LocalProcesses(None, 2)
    try:
        done = list(engine.run(tasks.die_always, chunks()))
    finally:
        engine.close()
    (lost,) = [d for d in done if d.lost]
    assert lost.chunk == (7,)
    assert "signal 9" in lost.lost
    kept = {i for d in done if not d.lost for i in d.chunk}
    assert kept == set(range(12)) - {7}


def test_a_worker_that_never_answers_is_replaced():
    engine = LocalProcesses(None, 1, patience=4.0)
    try:
        done = list(engine.run(tasks.hang, iter([(1, 2), (7,), (8,)])))
    finally:
        engine.close()
    assert {d.chunk for d in done if d.lost} == {(7,)}
    assert {d.chunk for d in done if not d.lost} == {(1, 2), (8,)}


@pytest.mark.parametrize("engine", [InProcess(None), LocalProcesses(None, 1)], ids=["in", "local"])
def test_a_fault_of_the_environment_stops_the_run(engine):
    with pytest.raises(Environment, match="no space"):
        results(engine, tasks.fail)


def test_where_all_workers_die_no_item_is_to_blame(monkeypatch):
    monkeypatch.setattr(engines, "_DEATHS", 4)
    engine = LocalProcesses(None, 2)
    with pytest.raises(Environment, match="worker processes end"):
        list(engine.run(tasks.die_all, chunks(60, 1)))


def test_chunks_are_taken_as_they_are_needed():
    taken = []

    def source() -> Iterator[Chunk]:
        for chunk in chunks(300):
            taken.append(chunk)
            yield chunk

    engine = LocalProcesses(None, 2)
    try:
        next(engine.run(tasks.double, source()))
        assert len(taken) < 10
    finally:
        engine.close()
