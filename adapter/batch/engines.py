"""Who does the work: this process, or local processes. Engines carry chunks and know nothing else.

A chunk is a tuple of items, a task a function of the setup and a chunk that returns one result an
item. Whether a chunk is done once or twice makes no difference: the journal and the outputs are
the truth. Another engine (a cluster) is another class with `run` and `close`.
"""

import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from adapter.errors import AdapterError, Environment

Task = Callable[[Any, Sequence[Any]], Sequence[Any]]
Chunk = tuple[Any, ...]

_TRIES = 2  # a worker that dies twice over one item dies of it
_WAIT = 1.0
_BEGIN = 120.0  # seconds to start and import: on a busy machine no sign of a bad chunk
_STARTS, _DEATHS = 3, 20  # in a row and without any result: then it is not the items


@dataclass(frozen=True, slots=True)
class Done:
    """A chunk that was worked on: a result an item, or why no worker survived it."""

    chunk: Chunk
    results: Sequence[Any] = ()
    lost: str = ""


class Engine(Protocol):
    """What a run needs of whoever does the work."""

    def run(self, task: Task, chunks: Iterable[Chunk]) -> Iterator[Done]:
        """Yield each chunk once it is done, in any order; chunks are taken as they are needed.

        Raises
        ------
        Environment
            A task met a fault that is not the items': nothing more is begun.
        """

    def close(self) -> None:
        """End all workers."""


class InProcess:
    """The engine that is this very process."""

    def __init__(self, setup: Any) -> None:
        self._setup = setup

    def run(self, task: Task, chunks: Iterable[Chunk]) -> Iterator[Done]:
        """Yield the chunks in order."""
        for chunk in chunks:
            try:
                yield Done(chunk, task(self._setup, chunk))
            except MemoryError as error:
                raise Environment("the memory is full: take smaller chunks") from error

    def close(self) -> None:
        """There is nothing to end."""


@dataclass(slots=True)
class _Work:
    chunk: Chunk
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    process: Any
    pipe: Connection
    work: _Work | None = None
    since: float = 0.0
    ready: bool = False


@dataclass(slots=True)
class LocalProcesses:
    """Processes of this machine. One that dies, or is silent for `patience` seconds, is replaced
    and its chunk redone; a chunk that kills two is taken item by item, and an item that kills two
    is lost.
    """

    setup: Any
    count: int
    patience: float = 600.0
    _workers: list[_Worker] = field(default_factory=list)
    _starts: int = 0
    _deaths: int = 0

    def run(self, task: Task, chunks: Iterable[Chunk]) -> Iterator[Done]:
        """Yield chunks as they are done."""
        source, again = iter(chunks), deque[_Work]()
        try:
            while True:
                self._hand_out(task, source, again)
                busy = [w for w in self._workers if w.work is not None]
                if not busy:
                    return
                wait([w.pipe for w in busy], _WAIT)
                for worker in busy:
                    yield from self._taken(worker, again)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all workers, at once."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()

    def _hand_out(self, task: Task, source: Iterator[Chunk], again: deque[_Work]) -> None:
        idle = [w for w in self._workers if w.work is None]
        while idle or len(self._workers) < self.count:
            work = again.popleft() if again else next((_Work(c) for c in source), None)
            if work is None:
                return
            worker = idle.pop() if idle else self._started()
            worker.work, worker.since = work, time.monotonic()
            try:
                worker.pipe.send((task, work.chunk))
            except OSError:  # it died while it had nothing to do: no chunk is to blame
                self._discard(worker)
                again.append(work)

    def _started(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.setup), daemon=True)
        process.start()
        theirs.close()  # else its end would never be seen
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _taken(self, worker: _Worker, again: deque[_Work]) -> Iterator[Done]:
        work, answer = worker.work, None
        assert work is not None
        try:
            if worker.pipe.poll():
                answer = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._replace(worker, again)
            return
        if answer is None:
            patience = self.patience if worker.ready else max(self.patience, _BEGIN)
            if time.monotonic() - worker.since > patience:
                yield from self._replace(worker, again)
            return
        self._starts, worker.since = 0, time.monotonic()
        if not worker.ready:
            worker.ready = True
            return
        (results, fault), worker.work, self._deaths = answer, None, 0
        if fault:
            raise Environment(*fault)
        yield Done(work.chunk, results)

    def _replace(self, worker: _Worker, again: deque[_Work]) -> list[Done]:
        """Let go of a dead worker; return its work where it is given up, else redo it."""
        self._discard(worker)
        work = worker.work
        assert work is not None
        work.deaths += worker.ready
        if work.deaths < _TRIES:
            again.append(work)
        elif len(work.chunk) > 1:
            again.extend(_Work((item,)) for item in work.chunk)
        else:
            how = _ended(worker.process.exitcode)
            what = f"the process that worked on it ended {_TRIES} times ({how})"
            return [Done(work.chunk, lost=f"{what}: too much for the memory, or a defect")]
        return []

    def _discard(self, worker: _Worker) -> None:
        """Let go of a dead worker; where all die, the items are not to blame.

        Raises
        ------
        Environment
            They do: nothing is booked on the items.
        """
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        self._deaths += 1
        self._starts += not worker.ready
        if self._starts >= _STARTS or self._deaths >= _DEATHS:
            how = _ended(worker.process.exitcode)
            raise Environment(f"the worker processes end as soon as they begin ({how})")


def _ended(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _serve(pipe: Connection, setup: Any) -> None:
    """Do what comes through the pipe until its other end is closed, however that happens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver is told, and ends us
    with suppress(EOFError, OSError):  # its end: the driver is gone, or wants us no more
        pipe.send("ready")
        while True:
            pipe.send(_answer(setup, *pipe.recv()))


def _answer(setup: Any, task: Task, chunk: Chunk) -> tuple[Sequence[Any], tuple[str, str] | None]:
    """Return the results of a chunk, or what in the environment failed."""
    try:
        return task(setup, chunk), None
    except AdapterError as error:
        return (), (error.message, error.where)
    except MemoryError:
        os._exit(12)  # as the system ends a process that wants too much
    except OSError as error:
        return (), (f"the system failed: {error.strerror}", str(error.filename or ""))
