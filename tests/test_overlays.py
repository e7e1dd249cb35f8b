"""Overlays that are wrong: each is refused by file and line, on every command that takes one."""

import json
import time
import tomllib
from pathlib import Path

import pytest

from adapter import cli, terms
from adapter.errors import Usage

SR = Path(__file__).parents[1] / "sample_data" / "04-definite-same-site" / "sr"
SENDER = '[[sender]]\nmanufacturer = "X"\n'

WRONG = [
    ("schemes = 1", "[schemes] is not a table"),
    ("schemes.X = 1", "[schemes.X] is not a table"),
    ('schemes.X.systems = "urn:x"', "is a list of texts"),
    ("schemes.X.systems = [1]", "is a list of texts"),
    ('schemes.X.systems = [""]', "is a list of texts"),
    ('schemes.X.aliases = "ABC"', "is a list of texts"),
    ("schemes.X.uid = 1", "is no UID"),
    ('schemes.X.system = "urn:x"', "is no key of a scheme"),
    ('schemes.SCT.uid = "1.2.3"', "has the UID 2.16.840.1.113883.6.96"),
    ('schemes.X.systems = ["http://snomed.info/sct"]', "is both SCT and X"),
    ('schemes.X.aliases = ["SCT"]', "is both"),
    ("epi-fluid.codes = [1]", "needs `in` and `code`"),
    ('epi-fluid.codes = [{ in = ["X"], code = "1" }]', "needs `in` and `code`"),
    ('epi-fluid.codes = [{ in = "X", code = ["1"] }]', "needs `in` and `code`"),
    ('epi-fluid.codes = [{ in = "X", code = " " }]', "needs `in` and `code`"),
    ('epi-fluid.codes = [{ in = "X", code = "1", display = 1 }]', "display is a text"),
    ('epi-fluid.codes = [{ in = "X", code = "1", dicom = "no" }]', "dicom is true or false"),
    ('epi-fluid.codes = [{ in = "X", code = "1", like = "false" }]', "like is true or false"),
    ('epi-fluid.codes = [{ in = "SCT", code = "*", like = true }]', "fits every code"),
    ('epi-fluid.codes = [{ in = "SCT", code = "??*", like = true }]', "fits every code"),
    ('C1.words = ["T5"]', "means another site"),
    ('C1.words = ["頭側"]\nC2.words = ["頭側"]', "means another site"),
    ('titles.X = "epi-fluid"', "holds for one sender"),
    ('structure.findings = "values"', "holds for one sender"),
    ("titles = 1\n" + SENDER, "[titles] is not a table"),
    ("titles.X = [1]\n" + SENDER, "is no term"),
    ("units = 1\n" + SENDER, "[units] is not a table"),
    ("units.mmAq = 1\n" + SENDER, "units.mmAq is no text"),
    ("structure = [1]\n" + SENDER, "[structure] is not a table"),
    ('[[sender]]\nmanufacturer = "A*B"', "not at its end"),
    ("a = " + "[" * 100_000, "nested too deep"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_an_overlay_that_is_wrong_is_refused_by_file(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "vendor.toml"
    path.write_text(text + "\n", "utf-8")
    for command in (["mappings", "check"], ["grade", str(SR)]):
        assert cli.main([*command, "--mappings", str(path)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"csfleak: {path}")
        assert told in err


def test_an_overlay_adds_to_a_scheme_and_takes_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "vendor.toml"
    path.write_text('[schemes.SCT]\nsystems = ["http://snomed.example/sct"]\n', "utf-8")
    known = terms.load((path,))
    for system in ("http://snomed.example/sct", "http://snomed.info/sct", "SCT"):
        found = known.term(system, "52101004")
        assert found is not None
        assert found.name == "present"
    assert known.written["SCT"] == "http://snomed.info/sct"


def test_the_settings_give_no_scheme_the_system_of_another() -> None:
    with pytest.raises(Usage, match=r"systems\.JJ1017: http://loinc\.org is the system of LN"):
        terms.load((), None, (("JJ1017", "http://loinc.org"),))


def test_a_pattern_of_many_stars_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vendor.toml"
    like = "*a" * 40 + "b"
    row = f'epi-fluid.codes = [{{ in = "99X", code = "{like}", like = true }}]\n'
    path.write_text(row, "utf-8")
    known = terms.load((path,))
    start = time.perf_counter()
    assert known.term("99X", "a" * 20_000) is None
    assert known.term("99X", "a" * 40 + "b") is not None
    assert time.perf_counter() - start < 5


def test_a_suggestion_of_any_code_is_toml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = {"reference": "#p"}
    code = {
        "system": "urn:v\x00\n[present]",
        "code": '"\\\x7f\n[epi-fluid]',
        "display": "Epidural fluid\x00",
    }
    one = {"resourceType": "Observation", "status": "final", "subject": about, "valueString": "q"}
    one |= {"contained": [{"resourceType": "Patient", "id": "p"}], "code": {"coding": [code]}}
    path = tmp_path / "one.json"
    path.write_text(json.dumps(one), "utf-8")
    assert cli.main(["mappings", "suggest", str(path)]) == 0
    out = capsys.readouterr().out
    assert tomllib.loads(out) == {"source": ""}
    rows = [line.removeprefix("# codes = ") for line in out.splitlines() if "# codes" in line]
    assert rows
    for row in rows:
        assert tomllib.loads(f"codes = {row}")["codes"][0]["code"] == code["code"]
