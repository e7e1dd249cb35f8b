"""Output profiles: what each asks of the resources beyond base R4, one module a profile.

A profile's function takes the report and returns the resources to pack; it changes nothing in
place, for the resources are shared. What a profile demands and no input holds comes from the
settings, else the profile refuses, naming the element: nothing is made up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
    of a transaction; ``settings`` are the keys of its settings table, with the values of each where
    it has a choice; ``claims`` are the profiles that every Bundle claims, ``own_claims`` those
    of a Bundle of its own kind alone.
    """

    resources: Callable[[Report], Sequence[Json]]
    bundles: tuple[str, ...] = tuple(BUNDLES)
    request: Callable[[Json], Json] = request
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
    jp_core.NAME: Profile(resources=jp_core.resources, settings=jp_core.SETTINGS),
    us_core.NAME: Profile(resources=us_core.resources, settings=us_core.SETTINGS),
    imr.NAME: Profile(
        resources=imr.resources,
        settings=imr.SETTINGS,
        bundles=("transaction",),
        request=imr.request,
        own_claims=(imr.BUNDLE,),
    ),
    eu.NAME: Profile(
        resources=eu.resources,
        settings=eu.SETTINGS,
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


def check_settings(tables: Any, where: str) -> None:
    """Raise Usage where the settings' table ``profile`` has a name, key or value there is not."""
    if not isinstance(tables, Mapping):
        raise Usage("is to be a table of tables, one a profile", where)
    for name, table in tables.items():
        at = f"{where}.{name}"
        if name not in PROFILES:
            raise Usage(f"is no profile; there is {', '.join(PROFILES)}", at)
        if not isinstance(table, Mapping):
            raise Usage("is to be a table", at)
        known = PROFILES[name].settings
        for key, value in table.items():
            if key not in known:
                there = f"there is {', '.join(known)}" if known else "it has none"
                raise Usage(f"is no setting of the profile; {there}", f"{at}.{key}")
            if not isinstance(value, str) or (known[key] and value not in known[key]):
                wanted = f"one of {', '.join(known[key])}" if known[key] else "a text"
                raise Usage(f"is to be {wanted}", f"{at}.{key}")
