"""Output profiles: what each asks of the resources beyond base R4, one module a profile.

A profile's function takes the report and returns the resources to pack; it changes nothing in
place, for the resources are shared. What a profile demands and no input holds comes from the
settings, else the profile refuses, naming the element: nothing is made up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapter.errors import Usage
from adapter.writers.fhir.bundle import BUNDLES, request
from adapter.writers.fhir.profiles import eu, imr, jp_core, us_core
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One output profile.

    ``resources`` makes the resources to pack; ``bundles`` are the kinds of packing it has, the
    first its own when none is asked for; ``request`` is how a server is asked to take one resource
    of a transaction; ``claims`` are the profiles that every Bundle claims, ``own_claims`` those
    of a Bundle of its own kind alone.
    """

    resources: Callable[[Report], Sequence[Json]]
    bundles: tuple[str, ...] = tuple(BUNDLES)
    request: Callable[[Json], Json] = request
    claims: tuple[str, ...] = ()
    own_claims: tuple[str, ...] = ()

    def claimed(self, kind: str) -> tuple[str, ...]:
        """Return what a Bundle of `kind` claims."""
        return (*self.claims, *(self.own_claims if kind == self.bundles[0] else ()))


def base(report: Report) -> Sequence[Json]:
    """Return the resources as they are: base R4."""
    return report.resources


PROFILES: dict[str, Profile] = {
    "base": Profile(resources=base),
    jp_core.NAME: Profile(resources=jp_core.resources),
    us_core.NAME: Profile(resources=us_core.resources),
    imr.NAME: Profile(
        resources=imr.resources,
        bundles=("transaction",),
        request=imr.request,
        own_claims=(imr.BUNDLE,),
    ),
    eu.NAME: Profile(
        resources=eu.resources,
        bundles=("document", "transaction", "collection", "none"),
        request=eu.request,
        own_claims=(eu.BUNDLE,),
    ),
}


def profile(name: str) -> Profile:
    """Return a profile.

    Raises
    ------
    Usage
        There is none of that name.
    """
    if name not in PROFILES:
        raise Usage(f"--profile {name} is none of {', '.join(PROFILES)}")
    return PROFILES[name]
