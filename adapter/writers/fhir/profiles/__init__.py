"""Output profiles: what each asks of the resources beyond base R4, one module a profile.

A profile's function takes the report and returns the resources to pack; it changes nothing in
place, for the resources are shared. What a profile demands and no input holds comes from the
settings, else the profile refuses, naming the element: nothing is made up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapter.errors import Usage
from adapter.writers.fhir.bundle import BUNDLES, request
from adapter.writers.fhir.profiles import jp_core, us_core
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One output profile.

    ``resources`` makes the resources to pack; ``bundles`` are the kinds of packing it has, the
    first its own when none is asked for; ``request`` is how a server is asked to take one resource
    of a transaction; ``claims`` are the profiles that its Bundle claims.
    """

    resources: Callable[[Report], Sequence[Json]]
    bundles: tuple[str, ...] = tuple(BUNDLES)
    request: Callable[[Json], Json] = request
    claims: tuple[str, ...] = ()


def base(report: Report) -> Sequence[Json]:
    """Return the resources as they are: base R4."""
    return report.resources


PROFILES: dict[str, Profile] = {
    "base": Profile(resources=base),
    jp_core.NAME: Profile(resources=jp_core.resources),
    us_core.NAME: Profile(resources=us_core.resources),
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
