"""Cells to dates, states, quantities: full-width digits, Japanese eras, signs and words.

Nothing is guessed: a cell that is none of these is told and not assessed. Source: criteria
section 1 (words of states); JIS X 0301 (eras).
"""

import re
import unicodedata

from adapter.model import Quantity
from adapter.readers.dates import is_real
from adapter.readers.units import COMPARATORS, unit

_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_ERA = re.compile(r"(令和|平成|昭和|[rhs])\.?(\d{1,2}|元)[年./-](\d{1,2})[月./-](\d{1,2})日?")
_PLAIN = re.compile(r"(\d{4})(?:[年./-](\d{1,2})(?:[月./-](\d{1,2})日?)?月?)?年?")
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?")
_NUMBER = re.compile(r"(<=|>=|<|>|≤|≥|≦|≧)?\s*(\d+(?:\.\d+)?)\s*(以下|未満|以上)?")
_AFTER = {"以下": "<=", "未満": "<", "以上": ">="}


def narrow(text: str) -> str:
    """Return a cell with full-width signs made plain, and without outer blanks."""
    return unicodedata.normalize("NFKC", text).strip()


def day(text: str) -> str | None:
    """Return a date in ISO 8601, as precise as it was written; None where it is none."""
    word = narrow(text)
    if _TIME.fullmatch(word):
        return word.replace(" ", "T") if is_real(word) else None
    era = _ERA.fullmatch(word.lower())
    basic = _BASIC.fullmatch(word)
    plain = _PLAIN.fullmatch(word)
    if era:
        year = 1 if era[2] == "元" else int(era[2])
        parts = [str(_ERAS[era[1]] + year), era[3], era[4]]
    elif basic:
        parts = [*basic.groups()]
    elif plain:
        parts = [p for p in plain.groups() if p]
    else:
        return None
    written = "-".join([parts[0], *(f"{int(p):02}" for p in parts[1:])])
    return written if is_real(written) else None


def quantity(value: str, unit_word: str) -> Quantity | None:
    """Return a measured value: ``< 60``, ``６０以下``, ``55.0 mmH2O``; None where it is none.

    A unit within the value holds where the unit's own cell is blank or says the same.
    """
    word = narrow(value)
    match = re.match(_NUMBER, word)
    if match is None:
        return None
    rest, told = word[match.end() :].strip(), narrow(unit_word)
    if rest and told and unit(rest) != unit(told):
        return None
    sign = COMPARATORS.get(match[1] or "", "") or _AFTER.get(match[3] or "", "")
    if match[1] and match[3]:
        return None
    written = told or rest
    return Quantity(value=match[2], unit=unit(written) or written, comparator=sign)
