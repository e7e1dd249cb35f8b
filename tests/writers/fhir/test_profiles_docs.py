"""What docs/profiles.md says is so: each profile has its place, and its settings are taken."""

import re
import tomllib
from typing import Any

import pytest

from adapter.writers.fhir.profiles import PROFILES
from tests.conftest import REPO
from tests.writers.fhir.profile_cases import SAMPLES, case, of_type, written

PAGE = (REPO / "docs" / "profiles.md").read_text(encoding="utf-8")
SETTINGS = re.findall(r"```toml\n(.*?)```", PAGE, re.S)


def settings() -> dict[str, Any]:
    """Return the first example: the settings that hold for every profile."""
    return tomllib.loads(SETTINGS[0])


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_has_a_heading(name: str) -> None:
    assert re.search(rf"^## {re.escape(name)}$", PAGE, re.MULTILINE)


def test_the_settings_of_the_page_are_taken() -> None:
    for profile in ("jp-core", "us-core"):
        for name in SAMPLES:
            made = written(case(name), profile, settings=settings())
            (reader,) = of_type(made, "Practitioner")
            assert reader["name"] == [{"text": "試験 一郎", "family": "試験", "given": ["一郎"]}]
            assert {"value": "D-0001", "system": "urn:oid:1.2.392.100495.20.3.41.11312345670"} in (
                reader["identifier"]
            )


def test_the_organization_of_the_page_gets_its_number() -> None:
    made = written(case("02-definite-spinal-mri/fhir"), "jp-core", settings=settings())
    (place,) = of_type(made, "Organization")
    assert place["name"] == settings()["organization"]["name"]
    assert place["identifier"][-1] == settings()["organization"]["identifier"]


def test_the_settings_of_the_page_are_those_of_the_sample_for_imr_and_eu() -> None:
    sample = tomllib.loads((REPO / "sample_data" / "settings.toml").read_text("utf-8"))
    for name in ("organization", "interpreter", "endpoint", "order"):
        assert settings()[name] == sample[name]
    for profile in ("imr", "eu"):
        made = written(case("04-definite-same-site/fhir"), profile, bundle=None,
                       settings=settings())  # fmt: skip
        (report,) = of_type(made, "DiagnosticReport")
        assert report["performer"]


KEYS = (
    *("imaging_study", "missing", "identifier_system", "issuers", "reference", "connection_type"),
    *("address", "observations", "patient", "system"),
)


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_that_is_asked_for_stands_on_the_page(key: str) -> None:
    assert re.search(rf"^{key} =|`{key}", PAGE, re.MULTILINE)
