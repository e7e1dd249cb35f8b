"""A seeded archive: patients with SRs and FHIR, packed in several ways, and ten kinds of bad files.

``archive(seed, patients)`` gives path and bytes of each file, and the outcome of each input. Bytes
are made from templates: a hundred thousand files take minutes, not hours.
"""

import gzip
import io
import json
import random
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from adapter import pipeline, terms
from adapter.merge import merge
from adapter.model import Document, Input, Patient
from adapter.vectors import cases
from adapter.writers import dicom_sr, fhir
from adapter.writers.options import WriteOptions

NUMBER = "PAT-0000000"
ISSUER = "urn:oid:2.25.424242"
_RI = {
    "lesions": [{"exam": "ri-cisternogram", "site": "T3", "ri-epidural": "present",
                 "ri-pattern": "unilateral", "date": "2026-03-04"}]
}  # fmt: skip
_MRI = {
    "lesions": [{"exam": "spinal-mri", "site": "T3", "epi-fluid": "present",
                 "enhancement": "absent", "sas-continuity": "present"}]
}  # fmt: skip
_BARE = {"lesions": [{"exam": "spinal-mri", "site": "T3", "epi-fluid": "present"}]}
BAD = (
    *("cut-sr", "empty", "text", "png", "pdf", "cut-json", "other-json", "two-patients"),
    *("deep-json", "broken-zip"),
)


@dataclass
class Archive:
    """The files, what is to become of their inputs, and how many cases they make."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    cases: int = 0

    def write(self, folder: Path) -> Path:
        for name, data in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder


@cache
def _template(kind: str, form: str) -> tuple[bytes, str]:
    """Return an input of a patient whose number is `NUMBER`, and its SOP Instance UID."""
    known = terms.load()
    case = {"mri": _MRI, "ri": _RI, "bare": _BARE}[kind.partition("-")[0]]
    said = cases.document(case, known, kind)
    patient = Patient(identifiers=((NUMBER, ISSUER),))
    document = Document(input=Input(name=kind, digest=kind, format="findings"),
                        patient=patient, statements=said.statements)  # fmt: skip
    merged = merge([document], known)
    options = WriteOptions(now="2026-06-01T09:00:00+09:00")
    if kind.endswith("-next"):
        old = _read(_template(kind.removesuffix("-next"), "sr")[0])
        ids = (old.input.study, old.input.series, old.input.sop_class, old.input.id)
        options = WriteOptions(now="2026-06-02T09:00:00+09:00", predecessors=(ids,))
    if form == "sr":
        data = dicom_sr.write_findings(merged, known, options)
        return data, _read(data).input.id
    return fhir.write_findings(merged, known, options), ""


def _read(data: bytes) -> Document:
    return pipeline.read(data, "template")


def _of(kind: str, form: str, number: int) -> bytes:
    data, uid = _template(kind, form)
    old = _template(kind.removesuffix("-next"), form)[1]
    data = data.replace(NUMBER.encode(), f"PAT-{number:07}".encode())
    for one in {uid, old} - {""}:
        data = data.replace(one.encode(), (one[:-7] + f"{number:07}").encode())
    return data


def archive(seed: int, patients: int) -> Archive:
    """Return an archive of so many patients, and one bad file for every four of them."""
    chance = random.Random(seed)
    made = Archive()
    packed: list[tuple[str, bytes]] = []
    for number in range(patients):
        for name, data, outcome in _patient(number, chance):
            place = made.files if chance.random() < 0.7 else packed
            place.append((f"{number % 16:02}/{name}", data))
            made.outcomes[outcome] += 1
        made.cases += 1
    for number in range(max(len(BAD), patients // 4)):
        kind = BAD[number % len(BAD)]
        made.files.append((f"bad/{number}-{kind}{_endings(kind)}", _bad(kind, number)))
        made.outcomes["refused"] += 1
        made.bad[kind] += 1
    made.files.append(("image/slice.dcm", _image()))
    made.outcomes["nothing-for-us"] += 1
    half = len(packed) // 2
    made.files += [("packed.zip", _zip(packed[:half])), ("packed.tgz", _tar(packed[half:]))]
    _bulk(made, patients)
    return made


def _patient(number: int, chance: random.Random) -> Iterator[tuple[str, bytes, str]]:
    name = f"{number:07}"
    form, ending = chance.choice((("sr", "dcm"), ("fhir", "json")))
    yield f"{name}-mri.{ending}", _of("mri", form, number), "graded"
    if number % 3 == 0:
        yield f"{name}-ri.dcm", _of("ri", "sr", number), "graded"
    if number % 10 == 4:
        yield f"{name}-again.{ending}", _of("mri", form, number), "duplicate"
    if number % 10 == 7:
        yield f"{name}-bare.dcm", _of("bare", "sr", number), "superseded"
        yield f"{name}-bare-next.dcm", _of("bare-next", "sr", number), "graded"


def _endings(kind: str) -> str:
    return ".json" if "json" in kind else ".zip" if kind == "broken-zip" else ""


def _bad(kind: str, number: int) -> bytes:
    tail = f" {number}".encode()
    sr, bundle = _of("mri", "sr", 9_000_000 + number), _of("mri", "fhir", 9_000_000 + number)
    return {
        "cut-sr": sr[: len(sr) // 2 + number],
        "empty": b"",
        "text": b"no report" + tail,
        "png": b"\x89PNG\r\n\x1a\n" + tail,
        "pdf": b"%PDF-1.7" + tail,
        "cut-json": bundle[: len(bundle) // 2 + number],
        "other-json": b'{"a": ' + tail + b"}",
        "two-patients": _two_patients(bundle),
        "deep-json": b'{"resourceType": "Bundle", "entry": ' + b"[" * 99 + tail + b"]" * 99 + b"}",
        "broken-zip": _zip([("a.dcm", sr)])[:200] + tail,
    }[kind]


def _two_patients(bundle: bytes) -> bytes:
    value = json.loads(bundle)
    of = [e["resource"] for e in value["entry"] if e["resource"]["resourceType"] == "Observation"]
    of[-1]["subject"] = {"reference": "Patient/another"}
    return json.dumps(value).encode()


def _image() -> bytes:
    """Return an SR that says of itself that it is a CT image."""
    data, _ = _template("mri", "sr")
    old = _read(data).input.sop_class.encode()
    new = b"1.2.840.10008.5.1.4.1.1.2"
    return data.replace(old, new + b"\0" * (len(old) - len(new)))


def _zip(files: list[tuple[str, bytes]]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files:
            target.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return found.getvalue()


def _tar(files: list[tuple[str, bytes]]) -> bytes:
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w") as target:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
    return gzip.compress(found.getvalue(), mtime=0)


def _bulk(made: Archive, first: int) -> None:
    """Add a bulk export: lines of three patients, one without findings, and a broken line."""
    lines: dict[str, list[str]] = {}
    for number in range(3):
        bundle = json.loads(_of("mri", "fhir", first + number))
        for entry in bundle["entry"]:
            body = {**entry["resource"], "id": entry["fullUrl"].rpartition(":")[2]}
            body["id"] += f"-{number}"
            line = json.dumps(body, ensure_ascii=False)
            kinds = {e["fullUrl"]: e["resource"]["resourceType"] for e in bundle["entry"]}
            for url, kind in kinds.items():
                line = line.replace(f'"{url}"', f'"{kind}/{url.rpartition(":")[2]}-{number}"')
            lines.setdefault(body["resourceType"], []).append(line)
            made.outcomes["graded"] += 1
        made.cases += 1
    alone = {"resourceType": "Patient", "id": "alone", "identifier": [{"value": "PAT-ALONE"}]}
    lines["Patient"].append(json.dumps(alone))
    glucose = {"resourceType": "Observation", "status": "final", "id": "g",
               "code": {"coding": [{"system": "http://loinc.org", "code": "2345-7"}]},
               "subject": {"reference": "Patient/alone"}}  # fmt: skip
    lines["Observation"].append(json.dumps(glucose))
    made.outcomes["nothing-for-us"] += 2
    lines["Observation"].append('{"resourceType": "Observation", ')
    made.outcomes["refused"] += 1
    for kind, found in lines.items():
        data = ("\n".join(found) + "\n").encode()
        if kind == "Patient":
            made.files.append(("export/Patient.ndjson.gz", gzip.compress(data, mtime=0)))
        else:
            made.files.append((f"export/{kind}.ndjson", data))
