"""A breach of a rule, as every gate reports it."""

from dataclasses import dataclass

ERROR, WARNING, INFORMATION = "error", "warning", "information"

SEVERITIES = (ERROR, WARNING, INFORMATION)
"""Most severe first."""


@dataclass(frozen=True, slots=True)
class Breach:
    """``gate`` is who asked (``template``, ``highdicom``, ``fhir``, ``fhir.resources``), ``rule``
    its id, ``path`` the content-item or element path.
    """

    gate: str
    rule: str
    severity: str
    path: str
    text: str
