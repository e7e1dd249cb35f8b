"""FHIR against its rules: what breaches which rule, and where.

Our own rules are asked first: the base of R4 (and what of it holds in R5), and the guides that a
resource claims in ``meta.profile``. Then ``fhir.resources`` is asked, R4B or R5.
Source: docs/validation.md lists every rule with its source.
"""

import re
from collections.abc import Iterator

from adapter.gates.breaches import INFORMATION, Breach
from adapter.gates.fhir import (
    attachments,
    bundles,
    elements,
    eu,
    imr,
    inputs,
    invariants,
    ips,
    jp_core,
    json_form,
    narrative,
    resources,
    us_core,
)
from adapter.gates.fhir.base import Rule
from adapter.gates.fhir.inputs import Unit
from adapter.gates.fhir.resources import Held
from adapter.gates.fhir.structure import structure
from adapter.gates.fhir_r5 import is_r5, structure_r5

RULES: tuple[Rule, ...] = (
    *json_form.RULES,
    *elements.RULES,
    *narrative.RULES,
    *attachments.RULES,
    *invariants.RULES,
    *bundles.RULES,
    *jp_core.RULES,
    *imr.RULES,
    *eu.RULES,
    *us_core.RULES,
    *ips.RULES,
)
"""Every rule, in the order of docs/validation.md: the base, then the guides."""


def check(data: bytes, name: str) -> tuple[Breach, ...]:
    """Return the breaches of one FHIR input: a resource, an array, NDJSON or XML.

    Empty where nothing is wrong. A resource is asked the rules of a guide only where it claims one
    of its profiles.

    Raises
    ------
    RefusedInput, Damaged, LimitExceeded
        Nothing of it can be read, with the reason.
    """
    units, found = inputs.units(data, name)
    releases = {id(unit): "R5" if is_r5(unit.body) else "R4" for unit in units}
    held = Held(tuple(
        one for unit in units for one in resources.walk(unit.body, unit.path, releases[id(unit)])
    ))  # fmt: skip
    found += own(held)
    for unit in units:
        found += _structure(unit, releases[id(unit)])
    return tuple(dict.fromkeys(found))


def own(held: Held) -> Iterator[Breach]:
    """Yield what our own rules find."""
    for resource in held.resources:
        for rule in RULES:
            if rule.asks(resource):
                for path, what in rule.broken(resource, held):
                    yield Breach("fhir", rule.id, rule.severity, path, what)


def _structure(unit: Unit, release: str) -> Iterator[Breach]:
    """Yield what ``fhir.resources`` says of a unit, with the unit's path and array indices."""
    if not unit.whole:
        what = "is XML of a kind without a table here: its elements are not checked. Give JSON"
        yield Breach("fhir", "base.xml", INFORMATION, unit.path, what)
        return
    asked = structure_r5 if release == "R5" else structure
    kind = str(unit.body.get("resourceType", ""))
    for one in asked(inputs.plain(unit.body)):
        path = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", one.path)
        path = unit.path + path.removeprefix(kind)
        yield Breach(one.gate, one.rule, one.severity, path, one.text)
