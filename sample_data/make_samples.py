"""Write every sample's inputs and expected grades from its findings: ``make golden`` runs it.

``<case>/findings*.json`` is what a person edits. Each becomes one SR in ``sr/`` and one Bundle in
``fhir/``; ``expected.json`` holds the conclusions of all of a case's files together.
"""

import json
import sys
from pathlib import Path

from adapter import pipeline
from adapter.merge import merge
from adapter.pipeline import Options
from adapter.terms import load
from adapter.writers import dicom_sr, fhir
from adapter.writers.options import WriteOptions
from adapter.writers.result import result

HERE = Path(__file__).parent


def cases(root: Path = HERE) -> list[Path]:
    """Return the folders that hold findings, in order."""
    return sorted({path.parent for path in root.glob("*/findings*.json")})


def made(case: Path) -> dict[str, bytes]:
    """Return the files of one case by path below its folder."""
    terms, options = load(), WriteOptions()
    files: dict[str, bytes] = {}
    for path in sorted(case.glob("findings*.json")):
        name = path.stem.removeprefix("findings").strip("-") or "report"
        one = merge([pipeline.read(path.read_bytes(), path.name)], terms)
        files[f"sr/{name}.dcm"] = dicom_sr.write_findings(one, terms, options)
        files[f"fhir/{name}.json"] = fhir.write_findings(one, terms, options)
    inputs = [(path.name, path.read_bytes()) for path in sorted(case.glob("findings*.json"))]
    files["expected.json"] = _expected(inputs)
    return files


def _expected(inputs: list[pipeline.Source]) -> bytes:
    outcome = pipeline.grade(inputs, Options())
    table = result(outcome.graded, outcome.terms)
    kept = ("condition", "established", "possible", "provisional")
    expected = {
        "conclusions": [
            {key: c[key] for key in kept} | {"rules": [step["rule"] for step in c["trail"]]}
            for c in table["conclusions"]
        ],
        "findings": [
            {key: f.get(key) for key in ("concept", "kind", "site", "established", "possible")}
            for f in table["findings"]
        ],
    }
    return (json.dumps(expected, ensure_ascii=False, indent=1) + "\n").encode()


def main() -> None:
    """Write the files of every case."""
    for case in cases():
        for name, data in made(case).items():
            path = case / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        print(case.name, file=sys.stderr)


if __name__ == "__main__":
    main()
