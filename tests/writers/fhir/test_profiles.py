"""Profiles of R4 over all samples and ways to write them: rules, models, references, reading back.

IHE IMR, which stores one kind of Bundle alone, has its own (`test_profiles_imr.py`).
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from adapter.errors import Usage
from tests.writers.fhir import eu_rules, eu_written, jp_core_rules, us_core_rules
from tests.writers.fhir.profile_cases import (
    BUNDLES,
    EXAMPLE,
    NAMES,
    SAMPLES,
    Json,
    accepted,
    bytes_of,
    case,
    named,
    read_back,
    references,
    resources,
    sample,
    told,
    written,
)
from tests.writers.fhir.test_profiles_jp_core import ANY_STUDY
from tests.writers.fhir.test_profiles_jp_core import SITE as JP_SITE
from tests.writers.fhir.test_profiles_us_core import SITE as US_SITE
from tests.writers.fhir.test_profiles_us_core import UNKNOWN


@dataclass(frozen=True)
class Profile:
    """How a profile is asked: the names it can write, the ways to write them, all settings."""

    rules: Callable[[Any], Any]
    ways: tuple[Json, ...]
    settings: Json
    names: tuple[str, ...] = NAMES

    @property
    def samples(self) -> list[str]:
        return [name for name in self.names if name in SAMPLES]


def _ways(site: Json) -> tuple[Json, ...]:
    more: tuple[Json, ...] = ({}, {"verified_by": "山田 太郎"}, {"settings": site})
    return tuple({"lang": lang, **one} for lang, one in itertools.product(("ja", "en"), more))


PROFILES = {
    "jp-core": Profile(jp_core_rules.Rules, _ways(JP_SITE), JP_SITE | ANY_STUDY),
    "us-core": Profile(us_core_rules.Rules, _ways(US_SITE), US_SITE | UNKNOWN),
    "eu": Profile(
        eu_rules.Rules,
        (
            {},
            {"lang": "en", "verified_by": "Yamada^Taro=山田^太郎", "settings": eu_written.SITE},
            {"settings": eu_written.SITE, "presented_form": True, "snomed": "full"},
        ),
        eu_written.SITE,
        (*eu_written.STORED, eu_written.EVERYTHING),
    ),
}
SAMPLED = [(profile, name) for profile, how in PROFILES.items() for name in how.samples]
NAMED = [(profile, name) for profile, how in PROFILES.items() for name in how.names]


@pytest.mark.parametrize(("profile", "name"), SAMPLED)
def test_no_rule_is_broken_however_a_sample_is_written(profile: str, name: str) -> None:
    how = PROFILES[profile]
    for bundle, way in itertools.product(BUNDLES, how.ways):
        made = written(case(name), profile, bundle=bundle, **way)
        assert how.rules(made).breaches() == [], (bundle, way)


@pytest.mark.parametrize(("profile", "name"), NAMED)
def test_what_is_written_is_accepted_and_every_reference_leads_somewhere(
    profile: str, name: str
) -> None:
    options = {"settings": PROFILES[profile].settings, "verified_by": "山田 太郎"}
    for bundle in BUNDLES:
        made = written(case(name), profile, bundle=bundle, **options)
        known = named(made)
        assert len(known) == len(resources(made)), "nothing stands twice"
        assert set(references(resources(made))) <= set(known)
        if bundle in ("transaction", "document"):
            accepted(made)


@pytest.mark.parametrize(("profile", "name"), SAMPLED)
def test_reading_it_back_gives_the_same_conclusions_and_findings(profile: str, name: str) -> None:
    for bundle in BUNDLES:
        again = read_back(bytes_of(case(name), profile, bundle=bundle))
        assert told(again) == told(sample(name)), bundle
        assert {i.code for i in again.case.issues} == {"own-conclusion-skipped"}


@pytest.mark.parametrize(("profile", "name"), [row for row in NAMED if row not in SAMPLED])
def test_reading_back_what_has_everything_gives_the_same_grades(profile: str, name: str) -> None:
    again = read_back(bytes_of(case(name), profile, settings=PROFILES[profile].settings))
    for one, other in zip(case(name).conclusions, again.conclusions, strict=True):
        assert (one.established, one.possible) == (other.established, other.possible)
    assert [(f.concept, f.established, f.possible) for f in case(name).findings] == [
        (f.concept, f.established, f.possible) for f in again.findings
    ]


@pytest.mark.parametrize(("profile", "name"), SAMPLED)
def test_writing_changes_nothing_that_other_profiles_write(profile: str, name: str) -> None:
    before = bytes_of(case(name), "base")
    one = bytes_of(case(name), profile)
    assert bytes_of(case(name), "base") == before
    assert bytes_of(case(name), profile) == one


@pytest.mark.parametrize("profile", ["jp-core", "us-core"])
def test_a_setting_that_cannot_be_used_is_told(profile: str) -> None:
    for table, words in (
        ({"profile": {profile: {"mising": "x"}}}, "mising"),
        ({"profile": {profile: []}}, profile),
        ({"interpreter": 5}, "`interpreter`"),
        ({"organization": ["x"]}, "`organization`"),
    ):
        with pytest.raises(Usage, match=words):
            written(sample(EXAMPLE), profile, settings=table)
