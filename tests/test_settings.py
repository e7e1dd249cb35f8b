"""A settings file: what is wrong in it is told by file and key, and never as a traceback."""

from pathlib import Path

import pytest

from adapter import cli
from adapter.cli import settings_file
from adapter.terms import toml

SR = Path(__file__).parents[1] / "sample_data" / "04-definite-same-site" / "sr"

WRONG = [
    ("timezone = 1", "timezone"),
    ('timezone = "JST"', "timezone"),
    ('snomed = ["full"]', "snomed"),
    ('snomed = "most"', "snomed"),
    ("canonical_base = true", "canonical_base"),
    ('canonical_base = "here and there"', "canonical_base"),
    ('policy = "strict"', "policy"),
    ("policy.same_site = true", "policy.same_site"),
    ('policy.same_site = "everywhere"', "policy"),
    ("policy.same_side = 1", "policy"),
    ('issuers = "HOSPITAL A"', "issuers"),
    ('issuers = [["HOSPITAL A"]]', "issuers"),
    ('issuers = [["HOSPITAL A", 1]]', "issuers, pair 1"),
    ('issuers = [["A", "urn:oid:1.2"], ["B", "urn:oid:1.2", "C"]]', "issuers"),
    ('systems = "urn:oid:1.2"', "systems"),
    ("systems.JJ1017 = 1", "systems.JJ1017"),
    ('systems.JJ1017 = "no uri"', "systems.JJ1017"),
    ("server = 1", "server"),
    ("organization = 1", "organization"),
    ('organization = ""', "organization"),
    ('organization = "a\\u0000b"', "organization"),
    ("organization.name = 1", "organization.name"),
    ('organization.nmae = "A"', "organization.nmae"),
    ('organization.identifier = "1"', "organization.identifier"),
    ("organization.identifier.value = 1", "organization.identifier.value"),
    ('interpreter.family = ["A"]', "interpreter.family"),
    ('endpoint = "https://pacs.example.jp"', "endpoint"),
    ("endpoint.address = 1", "endpoint.address"),
    ('order.system = "accession numbers"', "order.system"),
    ("profile = 1", "profile"),
    ("profile.imr = 1", "profile.imr"),
    ('profile.imr.paitent = "search"', "profile.imr.paitent"),
    ("profile.imr.patient = true", "profile.imr.patient"),
    ('profile.eu.missing = "maybe"', "profile.eu.missing"),
    ('profile.jp.imaging_study = "optional"', "profile.jp"),
    ('profile.base.missing = "refuse"', "profile.base.missing"),
    ('organisation = "A"', "organisation"),
]


@pytest.mark.parametrize(("text", "key"), WRONG)
@pytest.mark.parametrize("command", ["grade", "convert"])
def test_what_is_wrong_is_told_by_file_and_key(
    command: str, text: str, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text + "\n", "utf-8")
    to = ["-o", "-", "--to", "fhir"] if command == "convert" else []
    assert cli.main([command, str(SR), *to, "--settings", str(path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"csfleak: {path}, {key}: ")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"timezone = '+09:00", "no TOML"),
        (b"\xff\xfe", "no TOML"),
        (b"policy = " + b"[" * 100_000, "nested too deep"),
        (b"policy = " + b"9" * 5000, "no TOML"),
        (b"#" * (toml.MAX_BYTES + 1), "more than the limit"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(
    data: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(data)
    assert cli.main(["grade", str(SR), "--settings", str(path)]) == 2
    assert told in capsys.readouterr().err


def test_a_byte_order_mark_is_none_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b'\xef\xbb\xbfsnomed = "full"\n')
    assert settings_file.read(path) == {"snomed": "full"}


def test_the_settings_of_the_samples_and_of_the_page_are_taken(repo: Path, tmp_path: Path) -> None:
    page = (repo / "docs" / "profiles.md").read_text("utf-8")
    path = tmp_path / "page.toml"
    path.write_text(page.partition("```toml\n")[2].partition("```")[0], "utf-8")
    for one in (path, repo / "sample_data" / "settings.toml"):
        table = settings_file.read(one)
        assert {"organization", "interpreter", "endpoint", "order", "profile"} <= set(table)
