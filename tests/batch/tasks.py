"""Tasks that worker processes can import."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapter.errors import Environment


def double(setup: Any, chunk: Sequence[int]) -> list[int]:
    return [2 * item for item in chunk]


def die_once(setup: str, chunk: Sequence[int]) -> list[int]:
    """Die over item 7, the first time that it comes."""
    mark = Path(setup) / "died"
    if 7 in chunk and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return double(setup, chunk)


def die_always(setup: Any, chunk: Sequence[int]) -> list[int]:
    """Die over item 7, whenever it comes."""
    if 7 in chunk:
        os.kill(os.getpid(), signal.SIGKILL)
    return double(setup, chunk)


def hang(setup: Any, chunk: Sequence[int]) -> list[int]:
    """Never come back from item 7."""
    if 7 in chunk:
        time.sleep(600)
    return double(setup, chunk)


def fail(setup: Any, chunk: Sequence[int]) -> list[int]:
    """Meet a full disk at item 7."""
    if 7 in chunk:
        raise Environment("no space", "here")
    return double(setup, chunk)


def die_all(setup: Any, chunk: Sequence[int]) -> list[int]:
    """Die over everything."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []
