"""Coded entries of one document to terms, and content items to where they stand.

A private scheme is what its Coding Scheme Identification says it is; a code is read by scheme and
value, never by its meaning. Source: DICOM PS3.3 section 8, PS3.3 C.12.1.1 (0008,0110).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from adapter.model import Issue, Source, Unmapped
from adapter.sr.content import Code, Item, SrDocument
from adapter.terms import Match, Term, Terms

CUT = "cut"
"""The deviation of a container that is not whole in a salvaged document."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Terms as one document's designators name them, with the document's name for every source."""

    terms: Terms
    document: str
    instance: str = ""
    schemes: dict[str, str] = field(default_factory=dict)  # designator -> scheme, "" for foreign
    identified: dict[str, str] = field(default_factory=dict)  # designator -> UID, as it says
    zone: str = ""
    cut: frozenset[str] = frozenset()  # paths of containers that a damaged file ends in
    seen: dict[tuple[str, str, str], Match | None] = field(
        default_factory=dict
    )  # what `match` found before
    unread: dict[str, Unmapped] = field(default_factory=dict)  # values of known names, by path
    sorted: dict[str, Any] = field(default_factory=dict)  # children by role, by content-item path

    def match(self, code: Code | None) -> Match | None:
        """Return what a code means; None for no code, an unknown one, or one without a scheme."""
        if code is None:
            return None
        titled = code.meaning if self.terms.dialect.titles else ""
        key = (code.scheme, code.value, titled)
        if key not in self.seen:
            scheme = code.scheme.strip()
            named = self.schemes.get(scheme, scheme)
            found = self.terms.match(named, code.value) if named else None
            self.seen[key] = found or self.terms.titled(titled)
        return self.seen[key]

    def term(self, code: Code | None) -> Term | None:
        """Return the term of a code, without regard to polarity."""
        match = self.match(code)
        return match.term if match else None

    def named(self, item: Item) -> str:
        """Return the name of an item's concept; empty where it is not mapped or has none."""
        term = self.term(item.name)
        return term.name if term else ""

    def source(self, item: Item, text: str = "") -> Source:
        """Return where `item` stands, with its original words."""
        return Source(document=self.document, id=self.instance, path=item.path, text=text)

    def issue(
        self, item: Item | None, code: str, diagnostics: str, severity: str = "warning"
    ) -> Issue:
        """Return an issue at `item`, or of the whole document."""
        return Issue(
            severity=severity,
            code=code,
            diagnostics=diagnostics,
            document=self.document,
            expression=item.path if item else "",
        )

    def not_mapped(self, item: Item, code: Code | None, severity: str = "warning") -> Issue:
        """Return the issue that a code of `item` is unknown."""
        advice = "add it to a mappings overlay if it is a finding"
        if code is not None and not code.scheme.strip():
            advice = "it names no coding scheme, so it cannot be mapped"
        elif code is not None and self.schemes.get(code.scheme.strip()) == "":
            advice = "the document identifies its coding scheme as another one than ours"
        text = f"{described(code)} is not mapped: {advice}"
        return self.issue(item, "not-mapped", text, severity)


def lookup(document: SrDocument, name: str, terms: Terms, zone: str = "") -> Lookup:
    """Return the look-up of one document."""
    return Lookup(
        terms=terms,
        document=name,
        instance=document.header.get("SOPInstanceUID", "").strip(),
        schemes=_schemes(document.schemes, terms),
        identified={d.strip(): u.strip() for d, u in document.schemes},
        zone=zone,
        cut=frozenset(path for id, path, _, _ in document.deviations if id == CUT),
    )


def _schemes(identified: Iterable[tuple[str, str]], terms: Terms) -> dict[str, str]:
    """Return the designators that the document itself identifies.

    Only private designators (99…) are the document's to define; one whose UID is not the UID we
    know it by is somebody else's scheme, whatever its name.
    """
    known = {uid: scheme for scheme, uid in terms.uids.items()}
    found: dict[str, str] = {}
    for designator, uid in ((d.strip(), u.strip()) for d, u in identified):
        ours = terms.systems.get(designator)
        if ours and not designator.startswith("99"):
            continue
        if uid in known:
            found[designator] = known[uid]
        elif uid and ours and terms.uids.get(ours):
            found[designator] = ""
    return found


def described(code: Code | None) -> str:
    """Return a code for people: ``(99VENDOR, 1234) "meaning"``."""
    if code is None:
        return "an item without a concept name"
    meaning = f' "{code.meaning}"' if code.meaning else ""
    return f"({code.scheme or 'no scheme'}, {code.value or 'no value'}){meaning}"
