"""The six policies: where the criteria's text leaves a point open, what is chosen.

Source: criteria section 8. Every report prints the values in force.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from adapter.errors import Usage

CHOICES: Mapping[str, tuple[str, ...]] = {
    "same_site": ("level", "region"),  # or a tolerance in levels
    "ctm_confirmed": ("union", "c1", "c3", "list"),
    "exclusions": ("as-read", "strict"),
    "ri_border": ("any-ct-level", "wholly-ct"),
    "other_signs": ("recorded", "counted"),
    "herniation_chiari": ("suspected", "all"),
}

_LEVELS = frozenset(map(str, range(29)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The values in force; the defaults are the first named in ``CHOICES``.

    Raises
    ------
    Usage
        A value that is none of the choices; ``same_site`` also takes a number of levels.
    """

    same_site: str | int = "level"
    ctm_confirmed: str = "union"
    exclusions: str = "as-read"
    ri_border: str = "any-ct-level"
    other_signs: str = "recorded"
    herniation_chiari: str = "suspected"

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            tolerance = name == "same_site" and type(value) is int and 0 <= value <= 28
            if value not in choices and not tolerance:
                number = ", or a number of levels" if name == "same_site" else ""
                raise Usage(f"policy {name}={value!r} is none of {', '.join(choices)}{number}")

    def printed(self) -> dict[str, str | int]:
        """Return the values by name, for the report."""
        return asdict(self)


def policy(settings: Mapping[str, str | int] | None = None) -> Policy:
    """Return the policy that ``NAME=VALUE`` settings make.

    Raises
    ------
    Usage
        A name that is no policy, or a value that is no choice.
    """
    known = {f.name for f in fields(Policy)}
    values = dict(settings or {})
    for name in values:
        if name not in known:
            raise Usage(f"policy {name!r} is none of {', '.join(sorted(known))}")
    tolerance = values.get("same_site")
    if isinstance(tolerance, str) and tolerance in _LEVELS:
        values["same_site"] = int(tolerance)
    return Policy(**values)  # type: ignore[arg-type]
