"""A breach of a rule, as every gate reports it."""

from dataclasses import dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Breach:
    """``gate`` is who asked (``template``, ``highdicom``, ``fhir.resources``, ``references``),
    ``rule`` its id, ``path`` the content-item or element path.
    """

    gate: str
    rule: str
    severity: str
    path: str
    text: str
