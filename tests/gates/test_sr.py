"""The SR gate: our own rules find every broken variant alone; highdicom is asked beside them."""

from pathlib import Path

import pytest

from adapter.errors import RefusedInput
from adapter.gates import ERROR, check

BROKEN = sorted((Path(__file__).parents[1] / "broken_sr").glob("*.dcm"))
NOT_OPENED = {  # by highdicom, beside those of classes that it has not
    "b01_no_root_continuity", "b02_no_nested_continuity", "b08_no_relationshiptype",
    "b09_code_without_value", "b10_no_conceptname", "b13_bad_valuetype", "b22_nopreamble",
}  # fmt: skip


def test_all_broken_variants_are_there() -> None:
    assert len(BROKEN) == 24


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.stem)
def test_our_own_gate_finds_every_broken_variant_without_a_tool(path: Path) -> None:
    if path.stem == "b21_truncated":
        with pytest.raises(RefusedInput, match="cut short or damaged"):
            check(path.read_bytes(), path.name)
        return
    found = check(path.read_bytes(), path.name)
    assert [b.rule for b in found if b.gate == "template"]
    highdicom = {b.gate for b in found if b.gate == "highdicom" and b.severity == ERROR}
    assert highdicom == ({"highdicom"} if path.stem in NOT_OPENED else set())
