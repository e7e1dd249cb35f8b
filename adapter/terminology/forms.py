"""The shipped form as an artifact of a package, in either release.

Source: FHIR R4 and R5 questionnaire.html: R5 has ``coding`` for ``choice``, and says by
``answerConstraint`` what R4 says by ``open-choice``.
"""

from typing import Any

from adapter.terminology.artifacts import PUBLISHER, Export, Json
from adapter.writers.fhir import questionnaire as shipped


def questionnaire(export: Export) -> Json:
    """Return the Questionnaire of the criteria's facts."""
    made = shipped.questionnaire(export.terms)
    made |= {
        "url": export.url("Questionnaire", made["id"]),
        "date": export.date,
        "publisher": PUBLISHER,
    }
    return made if export.release == "r4" else _r5(made)


def _r5(value: Any) -> Any:
    if isinstance(value, list):
        return [_r5(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _r5(one) for key, one in value.items()}
    if "linkId" in made and made.get("type") in ("choice", "open-choice"):
        is_open = made["type"] == "open-choice"
        made |= {"type": "coding"} | ({"answerConstraint": "optionsOrString"} if is_open else {})
    return made
