"""A graded case to FHIR R4 or R5: report, grades, findings and what they refer to.

`write` gives the whole, `write_findings` only what the inputs say. Source: contract section 2.
"""

from dataclasses import replace
from functools import partial

from adapter.errors import Usage
from adapter.model import Case, Graded
from adapter.terms import Terms
from adapter.writers import ids
from adapter.writers.fhir import r5, versions
from adapter.writers.fhir.bundle import Packing, pack, request
from adapter.writers.fhir.context import of_case
from adapter.writers.fhir.findings import observations
from adapter.writers.fhir.profiles import check_settings, profile
from adapter.writers.fhir.report import report
from adapter.writers.options import WriteOptions

__all__ = ["write", "write_amends", "write_findings"]

_RELEASES = ("r4", "r5")


def write(graded: Graded, terms: Terms, options: WriteOptions) -> bytes:
    """Return a graded case as FHIR JSON: the same case and options, the same bytes.

    Raises
    ------
    Usage
        A profile, a release or a kind of Bundle there is not, or one that needs what is not given.
    """
    if options.fhir not in _RELEASES:
        raise Usage(f"--fhir {options.fhir} is none of {', '.join(_RELEASES)}")
    chosen = profile(options.profile)
    check_settings(options.settings.get("profile", {}), "settings, profile")
    if options.fhir == "r5":
        if options.profile != "base":
            raise Usage(f"--fhir r5: --profile {options.profile} is R4; R5 has base alone")
        chosen = replace(chosen, resources=r5.resources, request=r5.request, claims=r5.CLAIMS)
    kind = options.bundle or chosen.bundles[0]
    if kind not in chosen.bundles:
        raise Usage(
            f"--bundle {kind} is none that --profile {options.profile} has: "
            f"{', '.join(chosen.bundles)}"
        )
    made = report(graded, terms, options)
    packed = pack if options.fhir == "r4" else partial(r5.packed, told=made.output.case.issues)
    resources = chosen.resources(made)
    if kind == "transaction":
        resources = versions.following(made.output, resources, chosen.request)
    return packed(
        resources,
        kind,
        Packing(
            uuid=ids.delivery(made.output.outputs, options, kind),
            timestamp=made.output.issued,
            lang=options.lang,
            request=chosen.request,
            claims=chosen.claimed(kind),
        ),
    )


def write_amends(graded: Graded, options: WriteOptions) -> bytes | None:
    """Return what marks the report that is replaced, where the profile's Bundle cannot.

    To be sent after the report; None where nothing is to be marked. See `versions.amends`.
    """
    return versions.amends(graded, options, profile(options.profile).request)


def write_findings(case: Case, terms: Terms, options: WriteOptions) -> bytes:
    """Return what the inputs of a case say as a collection Bundle, without any grade."""
    output = of_case(case, terms, options)
    is_r5 = options.fhir == "r5"
    found = observations(output)
    said = (*output.studies.values(), *found.resources)
    packed = partial(r5.packed, told=case.issues) if is_r5 else pack
    return packed(
        [
            output.patient,
            *output.organizations.values(),
            *(r5.said(output, found) if is_r5 else said),
        ],
        "collection",
        Packing(
            uuid=ids.uuid5(output.inputs, "Bundle", "findings"),
            timestamp=output.issued,
            lang=options.lang,
            request=request,
            claims=r5.CLAIMS if is_r5 else (),
        ),
    )
