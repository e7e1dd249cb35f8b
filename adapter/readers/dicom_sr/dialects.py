"""What a sender's dialect says of content items beside their codes.

Source: `adapter.terms.dialect`; contract section 4 (evaluations as TEXT, finding-as-value).
"""

from collections.abc import Iterator

from adapter.readers.dicom_sr.codes import Lookup
from adapter.sr.content import Code, Item
from adapter.terms import Match
from adapter.terms.concepts import FINDINGS

PAIRS = "attribute-pairs"


def pairs(item: Item, lookup: Lookup) -> Iterator[Item]:
    """Yield an item for each attribute that a text lists: its label as the name, its word as text.

    A label that is none keeps its words as an unknown name: it is told, and nothing is guessed.
    """
    text = item.value if isinstance(item.value, str) else ""
    for label, word in lookup.terms.dialect.pairs(text):
        yield Item(
            item.path,
            "TEXT",
            relationship="CONTAINS",
            name=_named(label, lookup),
            value=word,
            observed=item.observed,
        )


def _named(label: str, lookup: Lookup) -> Code:
    match = lookup.terms.labelled(label)
    if match is None:
        return Code("", "", label)
    code = lookup.terms.coding(match.term.name, full=True)
    # The document may call another scheme by our name: the UID is what names ours.
    return Code(code.code, lookup.terms.uids.get(code.scheme, code.scheme), label)


def named_by_value(item: Item, lookup: Lookup) -> Match | None:
    """Return the finding that the value of an item names whose own name is not mapped.

    None where the sender's dialect does not say that values name findings.
    """
    if not lookup.terms.dialect.values or not isinstance(item.value, Code):
        return None
    match = lookup.match(item.value)
    return match if match is not None and match.term.kind in FINDINGS else None
