"""The exported vocabulary: valid, whole, of one piece, and the same bytes each time."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.sr._snomed_dict import mapping as snomed

from adapter import criteria, terminology, terms
from adapter.cli import main
from adapter.terminology.codes import retired

TERMS = terms.load()
FILES = terminology.export(TERMS, {})
FULL = terminology.export(TERMS, {"snomed": "full", "canonical_base": "http://own.example/fhir/"})
OID = "urn:oid:2.25.69185780400888605725525229835613365432"
SCT, SRT = "http://snomed.info/sct", "http://snomed.info/srt"
BASE = "http://csfleak.invalid/fhir"


def resources(release: str, files: dict[str, bytes] = FILES) -> dict[str, Any]:
    start = f"fhir-{release}/package/"
    named = {n.removeprefix(start): d for n, d in files.items() if n.startswith(start)}
    return {n: json.loads(d) for n, d in named.items() if n not in (".index.json", "package.json")}


def of_type(kind: str, release: str = "r4", files: dict[str, bytes] = FILES) -> list[Any]:
    return [r for r in resources(release, files).values() if r["resourceType"] == kind]


EVERY = [(r, name) for r in ("r4", "r5") for name in resources(r)]


@pytest.mark.parametrize(("release", "name"), EVERY)
def test_every_artifact_is_valid_in_its_release(release: str, name: str) -> None:
    if release == "r4":
        from fhir.resources.R4B import get_fhir_model_class
    else:
        from fhir.resources import get_fhir_model_class
    found = resources(release)[name]
    get_fhir_model_class(found["resourceType"]).model_validate(found)
    assert name == f"{found['resourceType']}-{found['id']}.json"
    assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", found["id"])


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_a_package_lists_what_it_holds(release: str) -> None:
    start = f"fhir-{release}/package/"
    manifest, index = (json.loads(FILES[start + n]) for n in ("package.json", ".index.json"))
    assert manifest["fhirVersions"] == [{"r4": "4.0.1", "r5": "5.0.0"}[release]]
    assert manifest["name"] == "csfleak.adapter"
    assert [f["filename"] for f in index["files"]] == sorted(resources(release))
    for row in index["files"]:
        found = resources(release)[row["filename"]]
        assert row["id"] == found["id"]
        assert row.get("url") == found.get("url")


def test_the_code_system_holds_every_concept_of_ours_with_both_words() -> None:
    (system,) = of_type("CodeSystem")
    assert system["url"] == OID
    shown = {c["code"]: (c["display"], c["designation"][0]["value"]) for c in system["concept"]}
    ours = {n: (t.en, t.ja) for n, t in TERMS.terms.items() if t.private}
    assert ours.items() <= shown.items()
    assert system["count"] == len(shown)


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_the_code_system_holds_every_code_that_an_artifact_takes_from_it(release: str) -> None:
    (system,) = of_type("CodeSystem", release)
    defined = {c["code"] for c in system["concept"]}
    assert {"epi-fluid", "level-s1", "upper-thoracic"} <= defined
    used = {c for v in of_type("ValueSet", release) for s, c in codings(v) if s == OID}
    assert used <= defined


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_no_two_artifacts_have_one_name(release: str) -> None:
    names = [r["name"] for r in resources(release).values()]
    assert len(names) == len(set(names))


_ASK = {"present", "absent", "excluded", "read", "coded", "noted", "without_value", "fact"}


def asked() -> set[str]:
    """Return the concepts that conditions of the criteria name."""
    found: set[str] = set()
    for path in Path(criteria.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _called(node.func) in _ASK and node.args:
                named = node.args[0]
                if isinstance(named, ast.Constant) and isinstance(named.value, str):
                    found.add(named.value)
    return found


def _called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def test_every_concept_that_a_rule_asks_for_is_exported() -> None:
    (system,) = of_type("CodeSystem")
    assert len(asked()) > 20
    assert asked() <= {c["code"] for c in system["concept"]}


def codings(value: Any) -> Iterator[tuple[str, str]]:
    for row in value["compose"]["include"]:
        yield from ((row["system"], c["code"]) for c in row["concept"])


@pytest.mark.parametrize("found", of_type("ValueSet"), ids=lambda v: v["id"])
def test_every_code_of_a_value_set_is_read_as_a_term(found: Any) -> None:
    pairs = list(codings(found))
    assert pairs
    assert len(pairs) == len(set(pairs))
    assert all(TERMS.match(*pair) is not None for pair in pairs)


def test_the_states_are_three() -> None:
    (states,) = [v for v in of_type("ValueSet") if v["id"] == "states"]
    assert list(codings(states)) == [(SCT, "52101004"), (SCT, "272519000"), (SCT, "373068000")]


def values(found: Any, key: str) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            if name == key and isinstance(value, str):
                yield value
            yield from values(value, key)
    elif isinstance(found, list):
        for one in found:
            yield from values(one, key)


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_every_binding_names_a_value_set_of_the_package(release: str) -> None:
    known = {v["url"] for v in of_type("ValueSet", release)}
    bound = {u for s in of_type("StructureDefinition", release) for u in values(s, "valueSet")}
    assert bound
    assert bound <= known


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_every_retired_code_translates_to_the_one_in_its_place(release: str) -> None:
    (found,) = [m for m in of_type("ConceptMap", release, FULL) if m["id"] == "srt-to-sct"]
    (group,) = found["group"]
    assert (group["source"], group["target"]) == (SRT, SCT)
    translated = {e["code"]: [t["code"] for t in e["target"]] for e in group["element"]}
    written = [r.code for t in TERMS.terms.values() for r in t.codes if r.scheme == "SRT"]
    assert sorted(translated) == sorted(written)
    by_dicom = {old: new for old, new in snomed["SRT"].items() if old in translated}
    assert {old: [by_dicom[old]] for old in by_dicom} == {o: translated[o] for o in by_dicom}
    assert len(by_dicom) > 30


def test_a_retired_code_has_one_successor() -> None:
    olds = [old.code for old, _ in retired(TERMS.terms.values())]
    assert len(olds) == len(set(olds))


@pytest.mark.parametrize("id", ["others-to-csfleak", "answers-to-states"])
def test_a_concept_map_says_what_the_readers_do(id: str) -> None:
    (found,) = [m for m in of_type("ConceptMap", files=FULL) if m["id"] == id]
    count = 0
    for group in found["group"]:
        for element in group["element"]:
            read = TERMS.match(group["source"], element["code"])
            (target,) = element["target"]
            assert read is not None
            assert read.term == TERMS.term(group["target"], target["code"])
            count += 1
    assert count > 10


def test_codes_beyond_the_dicom_standard_are_left_out_unless_asked_for() -> None:
    beyond = {r.code for t in TERMS.terms.values() for r in t.codes
              if r.scheme == "SCT" and not r.dicom}  # fmt: skip
    assert beyond
    few, all_ = (b"".join(d for n, d in f.items() if n.endswith("json")) for f in (FILES, FULL))
    assert not [code for code in beyond if f'"{code}"'.encode() in few]
    assert [code for code in beyond if f'"{code}"'.encode() in all_]


def test_the_canonical_base_is_a_setting() -> None:
    assert BASE.encode() not in b"".join(FULL.values())
    (system,) = of_type("CodeSystem", files=FULL)
    assert system["url"] == OID


def test_a_second_export_is_the_same(tmp_path: Path) -> None:
    assert main(["terminology", "export", "-o", str(tmp_path)]) == 0
    written = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*") if p.is_file()}
    assert {n: p.read_bytes() for n, p in written.items()} == FILES


def test_the_dicom_tables_say_the_same_codes() -> None:
    lines = FILES["dicom/context-groups.tsv"].decode().splitlines()
    head, *rows = (line.split("\t") for line in lines)
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert {row["context_group"] for row in found} == {v["id"] for v in of_type("ValueSet")}
    for row in found:
        assert TERMS.match(row["scheme"], row["code"]) is not None
        assert len(row["code"]) <= 16
        assert len(row["meaning"].encode()) <= 64
        assert len(row["meaning_ja"].encode()) <= 64
    scheme = FILES["dicom/coding-scheme.tsv"].decode().splitlines()[1:]
    assert [line.split("\t")[0] for line in scheme] == [
        c["code"] for c in of_type("CodeSystem")[0]["concept"]
    ]


def test_the_template_table_has_a_row_for_each_thing_said_of_a_lesion() -> None:
    head, *rows = (line.split("\t") for line in FILES["dicom/templates.tsv"].decode().splitlines())
    found = [dict(zip(head, row, strict=True)) for row in rows]
    lesions = [n for n, t in TERMS.terms.items() if t.kind == "lesion"]
    assert {row["template"] for row in found} == {f"TID 1501 {name}" for name in lesions}
    groups = {
        line.split("\t")[0] for line in FILES["dicom/context-groups.tsv"].decode().splitlines()
    }
    for row in found:
        assert (
            not row["value_set"]
            or row["value_set"].startswith("only ")
            or (row["value_set"] in groups)
        )
    codes = {r["code"] for r in found if r["template"] == "TID 1501 ri-epidural"}
    assert {"ri-pattern", "mimic-kidney", "363698007", "272741003", "same-site"} <= codes
    assert "enhancement" not in codes


@pytest.mark.parametrize("release", ["r4", "r5"])
def test_a_lesion_profile_has_a_slice_for_each_attribute(release: str) -> None:
    found = resources(release)["StructureDefinition-lesion-epi-fluid.json"]
    slices = [e["sliceName"] for e in found["differential"]["element"] if "sliceName" in e]
    wanted = {"enhancement", "sas-continuity", "mimic-venous", "finding-site", "laterality"}
    assert wanted <= set(slices)
    ids = [e["id"] for e in found["differential"]["element"]]
    assert len(ids) == len(set(ids))
