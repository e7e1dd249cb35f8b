"""Output profiles: what each asks of the resources beyond base R4, as one function a profile.

A function takes the report and returns the resources to pack; it changes nothing in place. What a
profile demands and no input holds comes from the settings, else the profile refuses, naming it.
"""

from collections.abc import Callable, Sequence

from adapter.errors import Usage
from adapter.writers.fhir.report import Report
from adapter.writers.fhir.values import Json

Profile = Callable[[Report], Sequence[Json]]


def base(report: Report) -> Sequence[Json]:
    """Return the resources as they are: base R4."""
    return report.resources


PROFILES: dict[str, Profile] = {
    "base": base,
}


def profile(name: str) -> Profile:
    """Return a profile's function.

    Raises
    ------
    Usage
        There is none of that name.
    """
    if name not in PROFILES:
        raise Usage(f"--profile {name} is none of {', '.join(PROFILES)}")
    return PROFILES[name]
