"""What rules are made of: a row with its severity, its source, and what breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapter.gates.breaches import ERROR, INFORMATION, WARNING
from adapter.gates.fhir.resources import Held, Resource
from adapter.gates.fhir.shapes import given

__all__ = ["ERROR", "INFORMATION", "WARNING", "Broken", "Check", "Rule", "both", "element", "only"]

Broken = Iterator[tuple[str, str]]
"""(element path, what is wrong there and what to do)."""

Check = Callable[[Resource, Held], Broken]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, asked of one resource at a time.

    ``kinds`` are the resource types it is asked of, all when empty; ``profiles`` the profiles of
    which a resource has to claim one; ``releases`` the FHIR releases in which it holds. An
    ``error`` is a SHALL of the source, a ``warning`` a SHALL that stands in its notes only or what
    it advises, ``information`` what nobody can tell from the input alone.
    """

    id: str
    severity: str
    source: str
    says: str
    broken: Check
    kinds: frozenset[str] = frozenset()
    profiles: frozenset[str] = frozenset()
    releases: frozenset[str] = frozenset({"R4"})

    def asks(self, resource: Resource) -> bool:
        """Return whether the rule holds for a resource."""
        return (
            resource.release in self.releases
            and (not self.kinds or resource.kind in self.kinds)
            and (not self.profiles or not self.profiles.isdisjoint(resource.profiles))
        )


def element(name: str, what: str) -> Check:
    """Return the check that an element is there."""

    def broken(resource: Resource, held: Held) -> Broken:
        if not given(resource.body, name):
            yield f"{resource.path}.{name}", what

    return broken


def only(name: str, *kinds: str) -> Check:
    """Return the check that what an element refers to is of these kinds, where that can be told."""
    allowed = " or ".join(kinds)

    def broken(resource: Resource, held: Held) -> Broken:
        for path, target in held.targets(resource, name):
            if target.kind and target.kind not in kinds:
                yield path, f"refers to {target.kind}; only {allowed} may stand here"

    return broken


def both(*checks: Check) -> Check:
    """Return one check of several."""

    def broken(resource: Resource, held: Held) -> Broken:
        for check in checks:
            yield from check(resource, held)

    return broken
