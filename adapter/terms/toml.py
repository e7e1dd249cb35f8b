"""The bytes of a TOML file that somebody else wrote to a table, within limits.

Source: TOML 1.0.0, by tomllib, which knows no limits of its own.
"""

from typing import Any

from adapter.errors import Usage

MAX_BYTES = 4 * 1024 * 1024
"""More than any mapping or settings file; a parse of as many bytes takes a few seconds."""


def parse(data: bytes, where: str, what: str = "not a TOML file") -> dict[str, Any]:
    """Return the table of a TOML file; `what` begins the refusal of one that is none.

    Raises
    ------
    Usage
        No TOML, or one too large or nested too deep to be read.
    """
    import tomllib

    if len(data) > MAX_BYTES:
        raise Usage(f"{what}: {len(data)} bytes, more than the limit of {MAX_BYTES}", where)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise Usage(f"{what}: nested too deep", where) from error
    except ValueError as error:  # no UTF-8, no TOML, or a number with too many digits
        raise Usage(f"{what}: {error}", where) from error
