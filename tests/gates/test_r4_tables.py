"""The tables of R4 beside the rules against the models of ``fhir.resources``: two hands, one R4."""

import typing

import pytest
from fhir.resources.R4B import get_fhir_model_class

from adapter.gates.fhir import r4

TABLES = sorted(p.stem for p in (r4.resources.files(r4.__name__)).iterdir()
                if p.name.endswith(".toml") and p.stem not in ("types", "kinds"))  # fmt: skip
APART = {"BackboneElement", "DomainResource", "Element", "ElementDefinition", "Extension",
         "Resource", "SubstanceAmount"}  # fmt: skip
"""Types that hold a value of any type, or of which there is no model."""
TYPES = sorted(name for name in r4._types() if "." not in name and name not in APART)


def modelled(kind):
    """Return the elements of a model: whether each repeats."""
    found = {}
    for field in get_fhir_model_class(kind).model_fields.values():
        extra = field.json_schema_extra or {}
        if extra.get("element_property") and field.alias not in ("resourceType",):
            found[field.alias] = "List[" in str(field.annotation) or _repeats(field.annotation)
    return found


def _repeats(annotation):
    return any(typing.get_origin(a) is list for a in typing.get_args(annotation))


def tabled(kind):
    found = {}
    for name, row in r4.elements(kind).items():
        stem = name.removesuffix("[x]")
        for one in [f"{stem}{t[0].upper()}{t[1:]}" for t in row.types] if stem != name else [name]:
            found[one] = row.repeats
    return found


@pytest.mark.parametrize("kind", [*TABLES, *TYPES])
def test_a_kind_has_the_elements_of_its_model_each_as_often(kind):
    assert tabled(kind) == modelled(kind)


def listed(kind, name):
    """Return the codes that a model lists for people to read: the first of them, or all."""
    fields = {f.alias: f for f in get_fhir_model_class(kind).model_fields.values()}
    extra = fields[name].json_schema_extra if name in fields else None
    return {code.rstrip(" +") for code in (extra or {}).get("enum_values", ())} - {""}


@pytest.mark.parametrize("kind", TABLES)
def test_a_kind_has_the_codes_that_its_model_lists(kind):
    for name, row in r4.elements(kind).items():
        if row.codes:
            assert listed(kind, name) <= set(row.codes), name


def test_a_status_has_the_codes_that_its_model_lists():
    compared = 0
    for kind, codes in r4.kinds().items():
        try:
            known = listed(kind, "status")
        except (KeyError, ValueError):  # R4B has it no longer
            continue
        compared += bool(codes and known)
        assert not codes or known <= set(codes), kind
    assert compared > 80


def test_every_type_that_a_row_names_has_a_table():
    missing = set()
    for kind in TABLES:
        for row in r4.elements(kind).values():
            for name in row.types:
                known = name in r4.PRIMITIVES or name in ("Resource", "*") or r4.elements(name)
                missing |= set() if known else {name}
    assert missing == set()


def test_every_reference_target_is_a_kind_of_r4():
    kinds = {
        kind
        for name in TABLES
        for row in r4.elements(name).values()
        for of in row.types.values()
        for kind in of
    }
    assert "Patient" in kinds
    assert kinds <= set(r4.kinds()) | {"Resource"}
