"""What DICOM's own dictionaries call a code: as pydicom has them.

Source: DICOM PS3.16, in ``pydicom.sr``.
"""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def meanings() -> dict[tuple[str, str], frozenset[str]]:
    """Return the meanings of each code by designator and value: several where groups differ."""
    from pydicom.sr import _concepts_dict

    concepts: Any = _concepts_dict.concepts
    found: dict[tuple[str, str], set[str]] = {}
    for scheme, by_keyword in concepts.items():
        for by_code in by_keyword.values():
            for value, (meaning, *_) in by_code.items():
                found.setdefault((scheme, value), set()).add(meaning)
    return {key: frozenset(said) for key, said in found.items()}


@lru_cache(maxsize=1)
def retired() -> dict[str, str]:
    """Return the SNOMED CT code that took the place of each SRT code."""
    from pydicom.sr._snomed_dict import mapping

    return dict(mapping["SRT"])
