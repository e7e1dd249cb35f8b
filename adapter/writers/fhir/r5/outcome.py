"""What is told of the inputs to the OperationOutcome of a Bundle's ``issues``, which R4 has not.

Source: FHIR R5 Bundle (rules bdl-16, bdl-17), OperationOutcome, value set issue-type.
"""

from collections.abc import Sequence

from adapter.model import Issue
from adapter.writers.fhir.values import Json

_TYPES = {
    "not-mapped": "code-invalid",
    "contradiction": "conflict",
    "site-differs": "conflict",
    "group-study-disagree": "conflict",
    "duplicate": "duplicate",
    "reference-missing": "not-found",
}


def issues(told: Sequence[Issue], kind: str) -> Json:
    """Return the ``issues`` of a Bundle of a kind, as its elements; empty where it has none.

    Only a collection has them: a document is to be whole without (bdl-17), a transaction is asked
    of a server. An error is a warning there (bdl-16): what was lost cost the Bundle nothing.
    """
    if kind != "collection" or not told:
        return {}
    return {"issues": {"resourceType": "OperationOutcome", "issue": [_issue(i) for i in told]}}


def _issue(told: Issue) -> Json:
    is_information = told.severity == "information"
    where = ", ".join(filter(None, (told.document, told.expression)))
    return {
        "severity": "information" if is_information else "warning",
        "code": _TYPES.get(told.code, "informational" if is_information else "processing"),
        "details": {"text": told.code},
        "diagnostics": f"{where}: {told.diagnostics}" if where else told.diagnostics,
    }
