"""Every FHIR file that we write of the samples: releases, profiles, kinds of Bundle, both origins.

The matrix is the writers' own tables, so a profile that is added is written and checked, too. What
a profile demands and no sample holds comes from ``sample_data/settings.toml``.
"""

import functools
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapter import pipeline
from adapter.errors import Usage
from adapter.pipeline import Options, Outcome
from adapter.writers.fhir.profiles import PROFILES
from adapter.writers.options import WriteOptions
from sample_data import make_samples

SAMPLES = Path(__file__).parents[2] / "sample_data"
CASES = make_samples.cases(SAMPLES)
FEW = [case for case in CASES if case.name.startswith(("04", "15"))]
ORIGINS = ("sr", "fhir")
RELEASES = ("r4", "r5")
NOW = "2026-04-01T09:00:00+09:00"
BASE = "http://csfleak.invalid/fhir"


@dataclass(frozen=True, slots=True)
class Way:
    """One way of writing: ``r4-base-transaction``."""

    release: str
    profile: str
    bundle: str

    @property
    def cases(self) -> list[Path]:
        """The samples that are written: all, but two where another kind packs the same resources.

        Base R4 packs all samples in every kind.
        """
        first = self.bundle == PROFILES[self.profile].bundles[0]
        return CASES if first or (self.release, self.profile) == ("r4", "base") else FEW

    def __str__(self) -> str:
        return f"{self.release}-{self.profile}-{self.bundle}"


def ways() -> list[Way]:
    """Return every way there is; a release that a profile does not have is none."""
    return [
        Way(release, name, bundle)
        for release in RELEASES
        for name, profile in PROFILES.items()
        for bundle in profile.bundles
        if release == "r4" or _has_release(release, name)
    ]


def _has_release(release: str, profile: str) -> bool:
    try:
        pipeline.write(_outcome(CASES[0], "sr"), "fhir", _options(Way(release, profile, "")))
    except Usage as error:
        # What a profile misses is another refusal, and a failure of the test that writes.
        return "--fhir" not in error.message
    return True


def files(way: Way) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of the samples written in one way, but those its profile refuses."""
    for case in way.cases:
        for origin in ORIGINS:
            try:
                data = pipeline.write(_outcome(case, origin), "fhir", _options(way))
            except Usage as error:
                if "demands" not in error.message:
                    raise
            else:
                yield f"{way}-{case.name}-{origin}", _in_bundle(data)


@functools.cache
def _outcome(case: Path, origin: str) -> Outcome:
    return pipeline.grade(pipeline.sources([case / origin]))


def _options(way: Way) -> Options:
    return Options(
        write=WriteOptions(
            fhir=way.release,
            profile=way.profile,
            bundle=way.bundle or None,
            now=NOW,
            settings=_settings(),
            presented_form=True,
        )
    )


@functools.cache
def _settings() -> dict[str, object]:
    file = SAMPLES / "settings.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


def _in_bundle(data: bytes) -> bytes:
    """Return resources by themselves as they lie on a server: each at its own URL."""
    made = json.loads(data)
    if isinstance(made, dict):
        return data
    entries = [{"fullUrl": f"{BASE}/{r['resourceType']}/{r['id']}", "resource": r} for r in made]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle, ensure_ascii=False).encode()
