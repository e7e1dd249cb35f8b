"""An SR document against template and IOD rules: what breaches which rule, and where.

`check` looks at what stands in the document, whoever wrote it; it never changes how a document is
read. Codes are matched by value and scheme, never by meaning.
Source: DICOM PS3.3 A.35, C.17, section 8; PS3.16 TID 1001, 1204, 1500, 1501, 2000, 4019.
"""

from adapter.sr.content import SrDocument
from adapter.sr.rules import diagnostic, document, group, items, measurement
from adapter.sr.rules.base import ERROR, WARNING, Breach, Rule, template

__all__ = ["ERROR", "RULES", "WARNING", "Breach", "Rule", "check"]

RULES: tuple[Rule, ...] = (
    *items.RULES,
    *measurement.RULES,
    *group.RULES,
    *diagnostic.RULES,
    *document.RULES,
)
"""Every rule, in the order of its section: each item, TID 1500 and 1501, TID 2000, the document."""


def check(checked: SrDocument) -> tuple[Breach, ...]:
    """Return every breach, by path and rule.

    Parameters
    ----------
    checked : SrDocument
        As `adapter.sr.decode` gives it; what it mended is a breach too.

    Returns
    -------
    tuple of Breach
        Empty where nothing is wrong. The rules of a template are asked only of documents that
        name it, or have one of its titles.
    """
    used = template(checked)
    found = {
        (path, rule.id): Breach(rule.id, path, rule.severity, text)
        for rule in RULES
        if rule.template in ("", used)
        for path, text in rule.broken(checked)
    }
    return tuple(sorted(found.values(), key=lambda b: (_position(b.path), b.rule)))


def _position(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in path.split(".") if part.isdigit())
