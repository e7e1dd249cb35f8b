"""Mutation check of the rules: does a test notice every small wrong change?

``python -m tests.mutation [FILE …]`` changes ``adapter/criteria`` and ``adapter/sites.py`` one
small way after the other (`tests.mutants`) and runs the tests of the rules against each change.
Survivors that are explained stand in ``tests/mutation_survivors.toml``; any other makes the exit
code 1.

Each mutant lives in a forked process of its own, at most two at a time: nothing is written.
"""

import ast
import contextlib
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import itertools
import os
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from tests.mutants import Mutant, mutants, mutate

REPO = Path(__file__).resolve().parents[1]
EXPLAINED = Path(__file__).with_name("mutation_survivors.toml")
SITES = "adapter/sites.py"
TESTS = {
    SITES: ("tests.test_sites", "tests.test_cases", "tests.criteria.test_evidence"),
    "": (
        "tests.criteria.test_conditions",
        "tests.criteria.test_evidence",
        "tests.criteria.test_notes_and_policies",
        "tests.test_cases",
        "tests.criteria.test_reporting",
    ),
}
LISTING = ("table.py",)  # lists the rules for people and grades nothing
PROCESSES = 2
SECONDS = 60  # a mutant may loop forever


def files() -> list[str]:
    """Return the files that are changed, as paths from the root."""
    every = sorted((REPO / "adapter" / "criteria").glob("*.py"))
    criteria = [path for path in every if path.name not in LISTING]
    return [*(str(p.relative_to(REPO)) for p in criteria), SITES]


def explained() -> list[dict[str, str]]:
    """Return the entries of the explained survivors: file, line (its text), change, reason."""
    if not EXPLAINED.is_file():
        return []
    return tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("survivor", [])


def main(chosen: list[str]) -> int:
    """Run every mutant, print what survived, and return the exit code."""
    start = time.monotonic()
    checks = {name: list(_checks(modules)) for name, modules in TESTS.items()}
    for check in (c for of_file in checks.values() for c in of_file):
        check()  # an unchanged source has to pass
    gc.freeze()  # what is loaded stays shared with every process
    known = {(e["file"], e["line"], e["change"]) for e in explained()}
    unexplained = 0
    for name in chosen or files():
        text = (REPO / name).read_text(encoding="utf-8")
        lines = text.splitlines()
        made = mutants(ast.parse(text))
        _check_unchanged(name, text, checks.get(name, checks[""]))
        of_file = checks.get(name, checks[""])
        survived = [m for m, alive in _run_all(name, text, made, of_file) if alive]
        print(f"{name}: {len(made)} mutants, {len(made) - len(survived)} killed, "
              f"{len(survived)} survived")  # fmt: skip
        for mutant in survived:
            is_known = (name, lines[mutant.line - 1].strip(), mutant.change) in known
            unexplained += not is_known
            print(
                f"  {'explained' if is_known else 'SURVIVED'} {name}:{mutant.line}: {mutant.change}"
            )
        sys.stdout.flush()
    print(f"{unexplained} unexplained survivors, {time.monotonic() - start:.0f} s")
    return 1 if unexplained else 0


def _checks(modules: tuple[str, ...]) -> Iterator[Callable[[], object]]:
    """Yield the tests to be run, parametrized ones with their values, without fixtures."""
    for name in modules:
        module = importlib.import_module(name)
        for test_name, test in list(vars(module).items()):
            if test_name.startswith("test_") and not hasattr(test, "hypothesis"):
                yield from _calls(module, test_name, test)


def _calls(
    module: ModuleType, name: str, test: Callable[..., object]
) -> Iterator[Callable[[], object]]:
    marks = [m for m in getattr(test, "pytestmark", []) if m.name == "parametrize"]
    choices = []
    for mark in marks:
        names, values = mark.args[:2]
        several = not isinstance(names, str) or "," in names
        keys = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
        rows = [v if several else (v,) for v in values]
        choices.append([dict(zip(keys, row, strict=True)) for row in rows])
    given = {key for rows in choices for key in (rows[0] if rows else ())}
    if set(inspect.signature(test).parameters) - given:
        return  # it wants a fixture
    for combination in itertools.product(*choices):
        arguments = {k: v for row in combination for k, v in row.items()}
        yield lambda arguments=arguments: getattr(module, name)(**arguments)


def _check_unchanged(name: str, text: str, checks: list[Callable[[], object]]) -> None:
    """Check that putting a module in its own place changes nothing: else all would be killed."""
    _, status = os.waitpid(_start(name, text, None, checks)[0], 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{name}: the tests fail without a change")


def _run_all(
    name: str, text: str, made: list[Mutant], checks: list[Callable[[], object]]
) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant and whether it survived, in order.

    The test that killed a mutant is the first for the next ones: neighbours die of the same.
    """
    ordered = list(checks)
    running: dict[int, tuple[Mutant, int, list[Callable[[], object]]]] = {}
    alive: dict[Mutant, bool] = {}
    waiting = list(reversed(made))
    while waiting or running:
        while waiting and len(running) < PROCESSES:
            mutant = waiting.pop()
            pid, told = _start(name, text, mutant, ordered)
            running[pid] = mutant, told, list(ordered)
        pid, status = os.wait()
        if pid not in running:
            continue
        mutant, told, asked = running.pop(pid)
        killer = os.read(told, 4)
        os.close(told)
        if killer:
            check = asked[int.from_bytes(killer, "big")]
            ordered.remove(check)
            ordered.insert(0, check)
        alive[mutant] = os.waitstatus_to_exitcode(status) == 0
    yield from ((m, alive[m]) for m in made)


def _start(
    name: str, text: str, mutant: Mutant | None, checks: list[Callable[[], object]]
) -> tuple[int, int]:
    """Return the process that runs the tests, and where it tells which of them failed."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid:
        os.close(tell)
        return pid, told
    signal.alarm(SECONDS)
    code = 1
    with contextlib.suppress(BaseException), open(os.devnull, "w") as nothing:
        sys.stdout = sys.stderr = nothing
        tree = ast.parse(text)
        _install(name, compile(mutate(tree, mutant) if mutant else tree, name, "exec"))
        for number, check in enumerate(checks):
            try:
                check()
            except BaseException:
                os.write(tell, number.to_bytes(4, "big"))
                raise
        code = 0
    os._exit(code)


def _install(name: str, code: object) -> None:
    """Put the changed module in the place of the right one, for everything that uses it."""
    module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    if name == SITES:  # always used as ``sites.name``
        exec(code, vars(sys.modules[module]))
        return
    for loaded in [m for m in sys.modules if m.startswith("adapter.criteria")]:
        del sys.modules[loaded]
    sys.meta_path.insert(0, _Changed(module, code))
    criteria = importlib.import_module("adapter.criteria")
    sys.modules["adapter"].criteria = criteria
    for user in [m for n, m in sys.modules.items() if n.startswith("tests.")]:
        for key, value in list(vars(user).items()):
            setattr(user, key, _renewed(value))


def _renewed(value: object) -> object:
    """Return what a name of a test module stands for after the change."""
    if isinstance(value, ModuleType) and value.__name__.startswith("adapter.criteria"):
        return importlib.import_module(value.__name__)
    origin = getattr(value, "__module__", None) or ""
    named = getattr(value, "__qualname__", "")
    if origin.startswith("adapter.criteria") and named.isidentifier():
        return getattr(importlib.import_module(origin), named, value)
    return value


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module, and loads the changed code for it."""

    def __init__(self, module: str, code: object) -> None:
        self.module, self.code = module, code

    def find_spec(self, fullname, path, target=None):  # type: ignore[no-untyped-def]
        if fullname != self.module:
            return None
        package = (REPO / fullname.replace(".", "/")).is_dir()
        spec = importlib.util.spec_from_loader(fullname, self, is_package=package)
        if spec is not None and package:
            spec.submodule_search_locations = [str(REPO / fullname.replace(".", "/"))]
        return spec

    def create_module(self, spec):  # type: ignore[no-untyped-def]
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, vars(module))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
