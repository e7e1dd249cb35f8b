"""How far a run is, as plain lines: at most one in some seconds."""

import time
from collections.abc import Callable

_EVERY = 10.0


class Progress:
    """Tells lines such as ``grade: 12,000 of 200,000, 310/s, 10 min left``."""

    def __init__(self, told: Callable[[str], None], every: float = _EVERY) -> None:
        self._told, self._every = told, every
        self._step, self._total = "", 0
        self._began = self._last = time.monotonic()

    def begin(self, step: str, total: int = 0) -> None:
        """Begin a step; `total` is 0 where nobody knows how much there is."""
        self._step, self._total = step, total
        self._began = self._last = time.monotonic()
        if total:
            self._told(f"{step}: {total:,} to do")

    def at(self, done: int) -> None:
        """Tell that so many are done, where it is time to."""
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        rate = done / max(now - self._began, 1e-6)
        of = f" of {self._total:,}, {rate:,.0f}/s" if self._total else ""
        left = f", {_words((self._total - done) / rate)} left" if self._total and rate else ""
        self._told(f"{self._step}: {done:,}{of}{left}")


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
