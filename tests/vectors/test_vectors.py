"""Test vectors: every rule, boundary and trap in every format, and what a check says."""

import json
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adapter import criteria, pipeline, terms
from adapter.cli import main
from adapter.criteria import csf_leak_2011, table
from adapter.errors import RefusedInput, Usage
from adapter.model import Grade
from adapter.pipeline import Options
from adapter.vectors import answers, cases, check, make, reports
from adapter.writers.options import WriteOptions

TERMS = terms.load()
FORMATS = ("sr", "fhir", "findings")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    for name, data in make.files(TERMS):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def rows(folder):
    return check.manifest(folder)["vectors"]


def test_what_is_expected_of_the_cases_is_what_grading_gives(golden):
    found = make.expected(TERMS)
    lines = ",\n".join(f" {json.dumps(i)}: {json.dumps(e)}" for i, e in found.items())
    golden(cases.root() / make.EXPECTED, f"{{\n{lines}\n}}\n".encode())


def test_a_small_set_reaches_every_rule_trap_boundary_dialect_and_policy(small):
    said = rows(small)
    reached = {rule for row in said for rule in row["expected"].get("rules", ())}
    assert {row.id for row in table.rows()} - reached == set()
    ids = [row["id"] for row in said]
    assert len(ids) == len(set(ids))
    every = list(cases.every())
    for whole in ("traps", "pressure"):
        unmapped = {"pressure": 1}.get(whole, 0)  # a posture of no code: no format carries it
        assert len({make.name(s, n) for s, n, _ in every if s == whole} - set(ids)) == unmapped
    assert {f"dialect-{path.stem}" for path, _ in TERMS.dialects} <= set(ids)
    assert len(said) < len(every) / 2
    policies = {(k, str(v)) for row in said for k, v in row.get("policy", {}).items()}
    assert policies == {(k, str(v)) for *_, c in every for k, v in c.get("policy", {}).items()}
    assert len([row for row in said if row["expected"].get("refused")]) >= 5


def test_a_set_is_the_same_each_time_and_the_seed_changes_names_alone():
    one, again, other = (dict(make.files(TERMS, seed=seed)) for seed in (1, 1, 2))
    assert one == again
    assert one.keys() == other.keys()
    changed = [n for n in one if n.startswith("sr/t") and one[n] == other[n]]
    assert changed == []
    expected = [
        [row["expected"] for row in json.loads(found[make.MANIFEST])["vectors"]]
        for found in (one, other)
    ]
    assert expected[0] == expected[1]


@pytest.mark.parametrize("seed", [0, 7])
def test_our_own_converter_passes_in_every_format(capsys, seed):
    assert main(["vectors", "check", "--seed", str(seed)]) == 0
    assert "vectors pass" in capsys.readouterr().out


def test_all_cases_pass_in_every_format(capsys):
    assert main(["vectors", "check", "--size", "full"]) == 0
    said = capsys.readouterr().out.split()
    assert said[0] == said[2]
    assert int(said[0]) > 1300


def broken(rules, id, **change):
    return tuple(replace(r, **change) if r.id == id else r for r in rules)


BROKEN = {
    "csf-leak.A1.unenhanced": {"grade": Grade.SUSPECTED},
    "csf-leak.A1.unenhanced-and-continuous": {"grade": Grade.HIGHLY_SUSPECTED},
    "csf-leak.B1.unilateral": {"grade": Grade.SUSPECTED},
    "csf-leak.C1.dural-defect": {"grade": Grade.DEFINITE},
}


@pytest.mark.parametrize("id", BROKEN)
@pytest.mark.parametrize("way", ["a lower grade", "never"])
def test_a_copy_with_one_broken_rule_is_told_by_the_rule(small, monkeypatch, id, way):
    kind = next(k for k, rules in csf_leak_2011.RULES.items() if id in {r.id for r in rules})
    change = BROKEN[id]
    if way == "never":
        change = {"when": csf_leak_2011.present("early-bladder")}
    rules = dict(csf_leak_2011.RULES) | {kind: broken(csf_leak_2011.RULES[kind], id, **change)}
    monkeypatch.setattr(criteria.csf_leak, "RULES", rules)
    report = check.check(rows(small), answers.own(small, Options()), ("findings",), TERMS)
    assert report.failed
    assert id in report.suspects


def test_a_broken_rule_is_told_from_grades_alone(small, monkeypatch, tmp_path):
    id = "csf-leak.A1.unenhanced-and-continuous"
    kind = "spinal-mri"
    rules = dict(csf_leak_2011.RULES)
    rules[kind] = broken(rules[kind], id, grade=Grade.HIGHLY_SUSPECTED)
    monkeypatch.setattr(criteria.csf_leak, "RULES", rules)
    own = answers.own(small, Options())

    def grades_alone(row, format):
        data = own(row, format)
        if data is None:
            return None
        value = json.loads(data)
        return json.dumps(
            {"conclusions": [{k: c[k] for k in ("condition", "established", "possible")}
                             for c in value["conclusions"]]}
        ).encode()  # fmt: skip

    report = check.check(rows(small), grades_alone, ("findings",), TERMS)
    assert id in report.suspects


# Other systems' answers


def converted(folder, row, format, to):
    inputs = [(Path(p).name, (folder / p).read_bytes()) for p in row["inputs"][format]]
    options = Options(
        policy=criteria.policy(row.get("policy")),
        merge=pipeline.MergeOptions(same_patient=True),
        write=WriteOptions(now="2026-06-01T09:00:00+09:00"),
    )
    try:
        return pipeline.convert(inputs, [to], options)[1][to]
    except pipeline.RefusedInput:
        return None


@pytest.mark.parametrize("to", ["fhir", "sr"])
def test_reports_of_a_converter_are_read_as_answers(small, to):
    some = rows(small)[::7]
    report = check.check(some, lambda r, f: converted(small, r, f, to), ("fhir",), TERMS)
    assert report.checks
    assert report.failed == ()


def test_results_in_a_folder_are_checked_and_missing_ones_told(small, tmp_path, capsys):
    some = [r for r in rows(small) if "fhir" in r["inputs"] and not r["expected"].get("refused")]
    for row in some[:-1]:
        (tmp_path / f"{row['id']}.json").write_bytes(converted(small, row, "fhir", "fhir"))
    arguments = ["vectors", "check", str(tmp_path), "--vectors", str(small), "--formats", "fhir"]
    assert main(arguments) == 1
    said = capsys.readouterr().out
    assert f"{some[-1]['id']} (fhir): no result" in said
    assert said.count(": failed") == 0


def test_a_conclusion_for_an_input_that_gives_none_fails(small):
    (row,) = [r for r in rows(small) if r["id"] == "bad-fhir-cut"]
    good = next(r for r in rows(small) if r["id"] == "traps-01")
    report = check.check([row], lambda r, f: converted(small, good, "fhir", "fhir"), FORMATS, TERMS)
    assert [c.status for c in report.checks] == ["failed"]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\0" * 200, b'{"resourceType": "Bundle"}'])
def test_what_is_no_answer_is_no_result(small, data):
    report = check.check(rows(small)[:1], lambda r, f: data, ("fhir",), TERMS)
    assert [c.status for c in report.checks] == ["no result"]


def test_a_command_is_asked(small, capsys):
    command = f"{sys.executable} -m adapter grade {{inputs}} --format json --same-patient -q"
    few = [r for r in rows(small) if r["id"] in ("traps-01", "bad-sr-cut")]
    report = check.check(few, answers.by_command(small, command), ("sr",), TERMS)
    assert [c.status for c in report.checks] == ["passed", "passed"]
    with pytest.raises(Usage, match="inputs"):
        answers.by_command(small, "tool")


def test_an_operation_is_asked(small):
    own = answers.own(small, Options())
    row = next(r for r in rows(small) if r["id"] == "traps-01")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            same = self.rfile.read(size) == (small / row["inputs"]["fhir"][0]).read_bytes()
            self.send_response(200 if same else 400)
            self.end_headers()
            self.wfile.write(own(row, "fhir") or b"")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/$grade"
        report = check.check([row], answers.by_operation(small, url), ("fhir",), TERMS)
    finally:
        server.shutdown()
    assert [c.status for c in report.checks] == ["passed"]


# Reports


def test_reports_say_what_failed_and_why(small, tmp_path):
    few = rows(small)[:4]
    wrong = {"conclusions": [{"condition": "csf-leak", "established": "<b>", "possible": "none"}]}
    report = check.check(few, lambda r, f: json.dumps(wrong).encode(), ("sr",), TERMS)
    suite = ElementTree.fromstring(reports.junit(report))
    assert suite.get("failures") == "4"
    assert len(suite.findall("testcase/failure")) == 4
    page = reports.html(report)
    assert (
        "<b>" not in page.split("</style>")[1].replace("<b>" + few[0]["id"], "").split("<table>")[1]
    )
    value = json.loads(reports.as_json(report))
    assert (value["passed"], value["failed"]) == (0, 4)
    assert {v["id"] for v in value["vectors"]} == {r["id"] for r in few}


@pytest.mark.parametrize("ending", [".xml", ".html", ".json"])
def test_reports_are_written_where_they_are_asked_for(small, tmp_path, ending):
    path = tmp_path / f"report{ending}"
    arguments = ["vectors", "check", "--vectors", str(small), "--formats", "findings"]
    assert main([*arguments, "--report", str(path)]) == 0
    assert path.read_text("utf-8")


def test_what_is_no_set_is_refused(tmp_path):
    with pytest.raises(RefusedInput, match="vectors make"):
        check.manifest(tmp_path)
    (tmp_path / make.MANIFEST).write_text('{"format": "csfleak-vectors", "version": "9"}')
    with pytest.raises(RefusedInput, match="version"):
        check.manifest(tmp_path)
    assert main(["vectors", "check", "--vectors", str(tmp_path)]) == 4
    assert main(["vectors", "check", str(tmp_path / "none")]) == 2


def test_make_writes_a_set(tmp_path, capsys):
    assert main(["vectors", "make", "-o", str(tmp_path), "--seed", "3"]) == 0
    assert check.manifest(tmp_path)["seed"] == 3
    for row in rows(tmp_path):
        assert all((tmp_path / path).is_file() for p in row["inputs"].values() for path in p)
