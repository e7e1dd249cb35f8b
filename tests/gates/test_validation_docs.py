"""docs/validation.md lists the rules as the code has them; ``make golden`` writes the table."""

import pytest

from adapter.gates import fhir
from tests.conftest import REPO

PAGE = REPO / "docs" / "validation.md"
START, END = "<!-- rules: made from adapter/gates/fhir -->\n", "<!-- end of rules -->"
GROUPS = {
    "base": "The base: R4, where R5 is marked R5 too",
    "jp-core": "JP Core 1.2.0",
    "imr": "IHE IMR 1.1.0",
    "eu": "HL7 Europe imaging-r4",
    "us-core": "US Core",
    "ips": "International Patient Summary",
}


def made() -> str:
    """Return the tables of all rules, a table a guide."""
    parts = []
    for group, title in GROUPS.items():
        rules = [r for r in fhir.RULES if r.id.partition(".")[0] == group]
        assert rules
        parts.append(f"\n### {title}\n\n| rule | severity | what it asks | source |")
        parts.append("| --- | --- | --- | --- |")
        for rule in rules:
            also = " (R5 too)" if "R5" in rule.releases else ""
            says = rule.says.replace("|", "\\|")
            parts.append(f"| `{rule.id}` | {rule.severity} | {says} | {rule.source}{also} |")
    return "\n".join(parts) + "\n\n"


def test_the_page_lists_every_rule_as_the_code_has_it(request: pytest.FixtureRequest):
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(before + START + made() + END + after, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == before + START + made() + END + after


def test_every_rule_belongs_to_a_group_and_names_a_severity():
    assert {r.id.partition(".")[0] for r in fhir.RULES} == set(GROUPS)
    assert {r.severity for r in fhir.RULES} == {"error", "warning", "information"}


@pytest.mark.parametrize("guide", ["jp-core", "imr", "eu", "us-core", "ips"])
def test_a_guides_rules_are_asked_only_of_what_claims_it(guide):
    assert all(r.profiles for r in fhir.RULES if r.id.startswith(f"{guide}."))
