"""A run: sources to a folder of graded reports, with a journal that accounts for every input.

scan the sources -> list their inputs -> index them -> group them into cases -> make the cases.
Each step goes on where the last run left it; this process alone writes the journal. What a run
stopped by the environment did not do is done by the next one.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapter.batch import delivery, plan, quarantine, tables
from adapter.batch.engines import Engine, InProcess, LocalProcesses
from adapter.batch.grading import Result, ToMake, make
from adapter.batch.indexing import ToIndex, Unread, index
from adapter.batch.parts import list_parts
from adapter.batch.places import Place
from adapter.batch.progress import Progress
from adapter.batch.scan import scan, scan_list
from adapter.batch.setup import Setup
from adapter.errors import Environment, Usage
from adapter.pipeline import Options
from adapter.store import Database, cases, groups, inputs, locked, open_database
from adapter.store.inputs import Indexed
from adapter.writers import WRITERS

JOURNAL = ".csfleak"
DATABASE = "journal.sqlite"

_UNREAD = 20  # one after the other: then it is the disk or the network, not the files
_USAGE = 100  # refused cases before the first graded one, for what a setting lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a run is to go.

    ``group`` is one of `plan.GROUPINGS`; ``to`` are output kinds; ``workers`` processes, 0 for none
    but this one; ``chunk`` the inputs or cases handed over at a time; ``limit`` the cases to be
    made in this run; ``rehash`` reads what did not change by size and time, too; ``forget`` lets go
    of inputs that are no longer there; ``patience`` the seconds that a chunk may take;
    ``quarantine`` one of `quarantine.WAYS`, for a folder of what was refused; empty for none.
    """

    group: str = "patient"
    to: tuple[str, ...] = ("fhir", "sr")
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    chunk: int = 100
    limit: int | None = None
    rehash: bool = False
    forget: bool = False
    check: bool = False
    patience: float = 600.0
    quarantine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run came to. ``made`` cases were made in it, of which ``changed`` were graded before
    and differ now; ``pending`` are left; ``gone`` files are no longer there.
    """

    inputs: dict[str, int]
    cases: dict[str, int]
    made: int
    changed: int
    pending: int
    gone: int

    @property
    def exit_code(self) -> int:
        """0 all done; 1 with inputs or cases refused; 3 inputs to be read again; 4 no result."""
        if self.inputs["unread"]:
            return 3
        if self.inputs["refused"] or self.cases["refused"]:
            return 1 if self.cases["graded"] else 4
        return 0


EngineOf = Callable[[Setup, BatchOptions], Engine]


def engine_of(setup: Setup, options: BatchOptions) -> Engine:
    """Return the engine that the options ask for."""
    if options.workers == 0:
        return InProcess(setup)
    return LocalProcesses(setup, options.workers, options.patience)


def run(
    sources: Sequence[Path],
    destination: Path,
    options: Options | None = None,
    batch: BatchOptions | None = None,
    *,
    lists: Sequence[Path] = (),
    told: Callable[[str], None] = lambda line: None,
    engine: EngineOf = engine_of,
) -> Summary:
    """Grade all that the sources hold into a folder; what was done before is not done again.

    Parameters
    ----------
    sources : sequence of Path
        Folders and files, archives and NDJSON among them.
    destination : Path
        The folder: ``cases/`` the outputs, ``cases.csv``, ``refused.ndjson``, and the journal.
    lists : sequence of Path
        Files that list paths (`adapter.batch.scan.scan_list`).
    told : callable
        Gets lines of progress.

    Raises
    ------
    Usage
        A source or option that cannot be used.
    Environment
        Another run is at work in the folder, or the disk or system failed: run it again.
    """
    options, batch = options or Options(), batch or BatchOptions()
    for kind in batch.to:
        if kind not in WRITERS:
            raise Usage(f"--to {kind} is none of {', '.join(WRITERS)}")
    for path in (*sources, *lists):
        if not path.exists():
            raise Usage("no such file or folder", str(path))
    folder = destination / JOURNAL
    with locked(folder):
        database = open_database(folder / DATABASE)
        try:
            return _Run(database, destination, options, batch, told, engine).whole(sources, lists)
        finally:
            database.close()


class _Run:
    """One run: the journal, and what it counts on the way."""

    def __init__(
        self, database: Database, destination: Path, options: Options, batch: BatchOptions,
        told: Callable[[str], None], engine: EngineOf,
    ) -> None:  # fmt: skip
        self.database, self.batch, self.destination = database, batch, destination
        self.progress = Progress(told)
        self.number = int(database.get("run") or 0) + 1
        if database.get("secret") is None:
            database.put("secret", secrets.token_hex(32))
        database.put("run", str(self.number))
        self.is_after_crash = (database.get("state") or "whole") != "whole"
        database.put("state", "at work")
        self.setup = Setup(
            options=options,
            to=batch.to,
            out=destination / "cases",
            unfinished=delivery.swept(destination / JOURNAL / "unfinished", self.number),
            secret=bytes.fromhex(database.get("secret") or ""),
            mappings=options.terms.digest,
            check=batch.check,
        )
        self.engine = engine(self.setup, batch)
        self.unread = self.usage = self.made = self.changed = 0

    def whole(self, sources: Sequence[Path], lists: Sequence[Path]) -> Summary:
        """Do all steps."""
        try:
            gone = self.find(sources, lists)
            self.index()
            self.make_cases()
        finally:
            self.engine.close()
        return self.close(gone)

    def find(self, sources: Sequence[Path], lists: Sequence[Path]) -> int:
        """List what the sources hold; return how many files are no longer there."""
        self.progress.begin("list")
        roots = [scan(self.database, path, self.number, self.destination) for path in sources]
        roots += [scan_list(self.database, path, self.number) for path in lists]
        whole = [r for r, path in zip(roots, sources, strict=False) if path.is_dir()]
        gone = inputs.gone(self.database, self.number, whole) if whole else 0
        with self.database.step():
            if self.batch.forget and whole:
                inputs.forget_gone(self.database, self.number, whole)
                gone = 0
            inputs.changed_files(self.database)
            inputs.try_again(self.database)
            cases.try_again(self.database)
            if self.batch.rehash or self.database.get("reading") != self.setup.reading():
                inputs.doubt_all(self.database)
                self.database.put("reading", self.setup.reading())
        unpacked = self.destination / JOURNAL / "unpacked"
        limit = self.setup.options.read.max_bytes
        list_parts(self.database, unpacked, limit, self.progress.at)
        return gone

    def index(self) -> None:
        """Find out what each new input belongs to."""
        total = inputs.count_to_index(self.database)
        self.progress.begin("index", total)
        done = 0
        for result in self.engine.run(index, self._to_index()):
            found = result.results
            if result.lost:
                (one,) = result.chunk
                found = [
                    Indexed(id=one.id, kind=one.kind, digest="", refused=result.lost, again=True)
                ]
            with self.database.step():
                inputs.set_indexed(self.database, [i for i in found if isinstance(i, Indexed)])
                self._note_unread(found)
            self._check_reading()
            done += len(result.chunk)
            self.progress.at(done)

    def _to_index(self) -> Iterator[tuple[ToIndex, ...]]:
        after = 0
        while rows := inputs.to_index(self.database, after, self.batch.chunk):
            yield tuple(
                ToIndex(id, name, Place(*json.loads(place)), kind, source)
                for id, name, place, kind, source in rows
            )
            after = rows[-1][0]

    def _note_unread(self, results: Sequence[object]) -> None:
        for one in results:
            if not isinstance(one, Unread):
                self.unread = 0
                continue
            inputs.set_unread(self.database, one.id, one.reason)
            self.unread += 1

    def _check_reading(self) -> None:
        if self.unread >= _UNREAD:
            what = f"{self.unread} inputs in a row cannot be read: is their disk or share there?"
            raise Environment(what)

    def make_cases(self) -> None:
        """Make the cases that are new or changed."""
        total = plan.plan(self.database, self.setup, self.batch.group)
        limit = self.batch.limit
        self.progress.begin("grade", total if limit is None else min(total, limit))
        for done in self.engine.run(make, plan.to_make(self.database, self.batch.chunk, limit)):
            results = done.results
            if done.lost:
                (case,) = done.chunk
                results = [_lost(case, done.lost)]
            self._keep([r for r in results if isinstance(r, Result)])
            with self.database.step():
                self._note_unread(results)
            self._check_reading()
            self.progress.at(self.made)
        self._drop_obsolete()

    def _keep(self, results: Sequence[Result]) -> None:
        """Book cases whose outputs are on the disk."""
        old = {r.made.stem: cases.made(self.database, r.made.stem) for r in results}
        with self.database.step(durable=True):
            cases.set_made(self.database, [r.made for r in results])
            inputs.set_outcomes(self.database, (row for r in results for row in r.outcomes))
        for result in results:
            before = old[result.made.stem]
            if before is not None:
                left = set(before.outputs) - set(result.made.outputs)
                delivery.remove(self.setup.out, sorted(left))
                self.changed += _said(before) != _said(result.made)
            self._check_usage(result)
        self.made += len(results)

    def _check_usage(self, result: Result) -> None:
        graded = result.made.state == cases.GRADED
        self.usage = -1 if graded or self.usage < 0 else self.usage + result.usage
        if self.usage >= _USAGE:
            raise Usage(f"{_USAGE} cases refused, none graded: {result.made.reason}")

    def _drop_obsolete(self) -> None:
        """Remove outputs of cases that the inputs no longer make: others stand in their place."""
        if cases.count_pending(self.database):
            return
        while old := cases.obsolete(self.database):
            for one in old:
                delivery.remove(self.setup.out, one.outputs)
            with self.database.step(durable=True):
                cases.drop(self.database, (one.stem for one in old))
        if self.is_after_crash:
            delivery.remove_strangers(self.setup.out, self._is_known)

    def _is_known(self, stem: str) -> bool:
        return cases.made(self.database, stem) is not None

    def close(self, gone: int) -> Summary:
        """Settle what is left, write the tables, and return the summary."""
        with self.database.step(durable=True):
            groups.settle_rest(self.database)
        tables.write(self.database, self.destination)
        if self.batch.quarantine:
            self.fill_quarantine()
        shutil.rmtree(self.setup.unfinished, ignore_errors=True)
        summary = Summary(
            inputs=inputs.counts(self.database),
            cases=cases.counts(self.database),
            made=self.made,
            changed=self.changed,
            pending=cases.count_pending(self.database),
            gone=gone,
        )
        if not summary.pending:  # else a stranger may still be there
            self.database.put("state", "whole")
        self.database.put("finished", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        return summary

    def fill_quarantine(self) -> None:
        """Put together what was refused."""
        quarantine.fill(
            self.database,
            self.destination / "quarantine",
            self.setup.unfinished / "quarantine",
            self.batch.quarantine,
            self.setup.options.read.max_bytes,
        )


def _said(made: cases.Made) -> tuple[object, ...]:
    """Return the grades of a case."""
    names = [n for n in sorted(made.facts) if n.endswith(("_established", "_possible"))]
    return (made.state, *(made.facts[name] for name in names))


def _lost(case: ToMake, reason: str) -> Result:
    made = cases.Made(
        stem=case.stem, made_of=case.made_of, state=cases.REFUSED, reason=reason,
        inputs=len(case.members), facts={}, again=True,
    )  # fmt: skip
    return Result(made, tuple((m.id, "refused", f"its case: {reason}") for m in case.members))
