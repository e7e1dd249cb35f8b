"""What a caller may set for every reader."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How inputs are read.

    ``timezone`` is an offset (``+09:00``) for times that state none; None leaves them as written.
    ``strict`` turns deviations into refusal. ``salvage`` lists what is whole in a damaged input.
    ``replaced`` are the UUIDs of reports of ours that are to be replaced: what such a report lacked
    is no lack of its next version. The limits bound size in bytes, nesting depth and number of
    items or entries.
    """

    timezone: str | None = None
    strict: bool = False
    salvage: bool = False
    replaced: frozenset[str] = frozenset()
    max_bytes: int = 64 * 1024 * 1024
    max_depth: int = 64
    max_items: int = 100_000
