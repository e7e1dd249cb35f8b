"""How one sender writes: what it is recognised by, and what its words and structure mean.

A dialect is a mapping file with a ``[[sender]]``: it holds for the inputs of that sender alone.
Source: contract section 4 (a site's own codes); the sender's interface description, which the
file names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

TRAITS = (
    "manufacturer",
    "model",
    "software",
    "institution",
    "scheme",
    "source",
    "profile",
)
"""What a sender may be recognised by: of an SR its header's Manufacturer, Manufacturer's Model
Name, Software Versions, Institution Name and the private schemes that it identifies; of FHIR
``meta.source`` and ``meta.profile``.
"""

Traits = Mapping[str, tuple[str, ...]]
"""What an input says of its sender, by trait."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What a sender is recognised by: every pattern must fit; a ``*`` at its end takes any rest."""

    patterns: tuple[tuple[str, str], ...]

    def fits(self, traits: Traits) -> bool:
        """Return whether an input with these traits is of this sender."""
        return all(
            _of(trait, [_fits(pattern, said) for said in traits.get(trait, ())])
            for trait, pattern in self.patterns
        )


def _of(trait: str, fitting: list[bool]) -> bool:
    """Return whether a trait fits: of several sources in one input, each has to be the sender."""
    return bool(fitting) and (all(fitting) if trait == "source" else any(fitting))


def _fits(pattern: str, said: str) -> bool:
    if pattern.endswith("*"):
        return said.startswith(pattern[:-1])
    return said == pattern


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is particular to one sender beside its codes and words, which stand in the terms.

    ``titles`` are texts that name a term where the code beside them says nothing; ``units`` are
    spellings of units, to UCUM. Where ``values``, an item or Observation that is not mapped names
    its finding by its value. ``between`` and ``within`` take apart the texts that list attributes
    (the term ``attribute-pairs``): ``造影: なし; 静脈叢: なし``.
    """

    name: str = ""
    titles: Mapping[str, str] = field(default_factory=dict, repr=False)
    units: Mapping[str, str] = field(default_factory=dict)
    values: bool = False
    between: str = ";"
    within: str = ":"

    def pairs(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield label and word of each attribute that a text lists; without a word it is empty."""
        for part in text.split(self.between):
            if part.strip():
                label, _, word = part.partition(self.within)
                yield label.strip(), word.strip()


NO_DIALECT = Dialect()


def senders(rows: Any) -> tuple[Sender, ...]:
    """Return the senders of a file's ``[[sender]]`` tables.

    Raises
    ------
    ValueError
        A trait there is not, a pattern that is no text or fits everything.
    """
    found = []
    for row in rows if isinstance(rows, list) else [rows]:
        if not isinstance(row, dict) or not row:
            raise ValueError("[[sender]] names no trait to recognise the sender by")
        for trait, pattern in row.items():
            if trait not in TRAITS:
                raise ValueError(f"sender.{trait} is none of {', '.join(TRAITS)}")
            if not isinstance(pattern, str) or not pattern.strip("* "):
                raise ValueError(f"sender.{trait} would fit every input")
            if "*" in pattern[:-1]:
                raise ValueError(f"sender.{trait} has a * that is not at its end")
        found.append(Sender(tuple(row.items())))
    return tuple(found)


_STRUCTURE = {"findings": ("names", "values"), "between": (), "within": ()}


def dialect(name: str, table: Mapping[str, Any], names: Mapping[str, str]) -> Dialect:
    """Return the dialect of a mapping file; `names` are the terms by their folded title.

    Raises
    ------
    ValueError
        A structure switch there is not, or one that is no text, or a unit that is none.
    """
    structure = table.get("structure", {})
    for key, value in structure.items():
        if key not in _STRUCTURE:
            raise ValueError(f"structure.{key} is none of {', '.join(_STRUCTURE)}")
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"structure.{key} is no text")
        if _STRUCTURE[key] and value not in _STRUCTURE[key]:
            raise ValueError(f"structure.{key} is none of {', '.join(_STRUCTURE[key])}")
    units = table.get("units", {})
    for word, unit in units.items():
        if not isinstance(unit, str):
            raise ValueError(f"units.{word} is no text")
    return Dialect(
        name=name,
        titles=names,
        units=dict(units),
        values=structure.get("findings") == "values",
        between=structure.get("between", ";"),
        within=structure.get("within", ":"),
    )
