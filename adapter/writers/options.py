"""What a caller may set for every writer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapter.model import Previous


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """How outputs are written.

    ``now`` is the instant (ISO 8601 with zone) of the writing; None takes the latest instant or
    date the inputs state. ``timezone`` is an offset for times without one. ``snomed`` is
    ``dicom-subset`` or ``full``. ``settings`` is the settings file as a table: what a profile
    demands and no input holds. ``bundle`` None takes the profile's own kind. ``presented_form``
    adds the report as an HTML page. ``implicit_vr`` writes DICOM with implicit VR. ``predecessors``
    are the SR documents that the written one replaces: (study, series, SOP class, SOP instance)
    UIDs. ``report_id`` is the caller's own key of the report, the same through all its versions;
    ``previous`` are earlier versions of it, which it replaces.
    """

    lang: str = "ja"
    profile: str = "base"
    fhir: str = "r4"
    bundle: str | None = None
    sr: str = "comprehensive"
    charset: str = "utf8"
    snomed: str = "dicom-subset"
    now: str | None = None
    timezone: str | None = None
    verified_by: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    implicit_vr: bool = False
    presented_form: bool = False
    predecessors: tuple[tuple[str, str, str, str], ...] = ()
    report_id: str | None = None
    previous: tuple[Previous, ...] = ()
