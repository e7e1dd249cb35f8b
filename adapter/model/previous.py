"""An earlier version of a report, as far as its next version has to know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapter.model.findings import Input, Patient

ISSUED = ("final", "amended", "corrected", "appended")
"""Statuses of a report that somebody vouched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """A report that is to be replaced; what it says of findings is not read.

    ``status`` is FHIR's; an SR's is ``final`` where it is verified or says so, else
    ``preliminary``. ``name`` is the UUID of all versions of a FHIR report and ``version`` that of
    this one; both are empty for an SR. ``report`` is the FHIR report, ``parts`` its Observations.
    """

    input: Input
    patient: Patient
    status: str
    name: str = ""
    version: str = ""
    report: Mapping[str, Any] | None = None
    parts: tuple[Mapping[str, Any], ...] = ()

    @property
    def sr(self) -> tuple[str, str, str, str] | None:
        """Study, series, SOP class and SOP instance of an SR; None of anything else."""
        one = self.input
        if one.format != "dicom-sr":
            return None
        return one.study, one.series, one.sop_class, one.id
