"""Write the form of the criteria's facts, ``questionnaire.json``, from the mappings.

``make golden`` keeps it equal; ``python -m sample_data.make_questionnaire`` writes it alone.
"""

import json
from pathlib import Path

from adapter.terms import load
from adapter.writers.fhir.questionnaire import questionnaire

PATH = Path(__file__).parent / "questionnaire.json"


def made() -> bytes:
    """Return the form as JSON."""
    return json.dumps(questionnaire(load()), ensure_ascii=False, indent=1).encode() + b"\n"


if __name__ == "__main__":
    PATH.write_bytes(made())
