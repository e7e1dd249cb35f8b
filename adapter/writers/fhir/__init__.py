"""A graded case to FHIR R4: report, grades, findings and what they refer to.

`write` gives the whole, `write_findings` only what the inputs say. Source: contract section 2.
"""

from adapter.errors import Usage
from adapter.model import Case, Graded
from adapter.terms import Terms
from adapter.writers import ids
from adapter.writers.fhir.bundle import Packing, pack, request
from adapter.writers.fhir.context import of_case
from adapter.writers.fhir.findings import observations
from adapter.writers.fhir.profiles import profile
from adapter.writers.fhir.report import report
from adapter.writers.options import WriteOptions

__all__ = ["write", "write_findings"]


def write(graded: Graded, terms: Terms, options: WriteOptions) -> bytes:
    """Return a graded case as FHIR JSON: the same case and options, the same bytes.

    Raises
    ------
    Usage
        A profile, a release or a kind of Bundle there is not, or one that needs what is not given.
    """
    if options.fhir != "r4":
        raise Usage(f"--fhir {options.fhir} is none of r4")
    chosen = profile(options.profile)
    kind = options.bundle or chosen.bundles[0]
    if kind not in chosen.bundles:
        raise Usage(
            f"--bundle {kind} is none that --profile {options.profile} has: "
            f"{', '.join(chosen.bundles)}"
        )
    made = report(graded, terms, options)
    return pack(
        chosen.resources(made),
        kind,
        Packing(
            uuid=ids.uuid5(made.output.outputs, "Bundle", kind),
            timestamp=made.output.issued,
            lang=options.lang,
            request=chosen.request,
            claims=chosen.claims,
        ),
    )


def write_findings(case: Case, terms: Terms, options: WriteOptions) -> bytes:
    """Return what the inputs of a case say as a collection Bundle, without any grade."""
    output = of_case(case, terms, options)
    resources = [
        output.patient,
        *output.organizations.values(),
        *output.studies.values(),
        *observations(output).resources,
    ]
    return pack(
        resources,
        "collection",
        Packing(
            uuid=ids.uuid5(output.inputs, "Bundle", "findings"),
            timestamp=output.issued,
            lang=options.lang,
            request=request,
        ),
    )
