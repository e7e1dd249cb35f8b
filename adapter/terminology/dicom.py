"""Terms to what a DICOM system needs: the private scheme, context groups, a template table.

Tab-separated with a header line, and the same as JSON that knows nothing of FHIR. Source:
``mappings/*.toml``; DICOM PS3.16 section 8 (schemes), TID 1500 and 1501; contract section 3.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from adapter import __version__
from adapter.terminology.codes import own_codes
from adapter.terminology.groups import Group, attributes, groups
from adapter.terms import PRIVATE, Term, Terms
from adapter.terms.concepts import VALUES

_SCHEME = ("code", "meaning", "meaning_ja", "kind", "exams")
_CODE = ("scheme", "code", "meaning")
_GROUP = ("context_group", "title", "title_ja", "extensible", *_CODE, "meaning_ja")
_ROW = ("template", "row", "level", "relationship", "value_type")
_TEMPLATE = (*_ROW, *_CODE, "multiplicity", "condition", "value_set")


def files(terms: Terms, *, full: bool) -> dict[str, bytes]:
    """Return the files by name, each the same for the same mappings."""
    found = groups(terms)
    return {
        "coding-scheme.tsv": _table(_SCHEME, _scheme(terms)),
        "context-groups.tsv": _table(_GROUP, _rows(found, terms, full)),
        "templates.tsv": _table(_TEMPLATE, _templates(terms, full)),
        "vocabulary.json": _json(_vocabulary(found, terms, full)),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    return "".join("\t".join(row) + "\n" for row in (head, *rows)).encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _scheme(terms: Terms) -> Iterator[Sequence[str]]:
    for code, term in own_codes(terms):
        yield code, term.en, term.ja, term.kind, ",".join(term.exams)


def _rows(found: Iterable[Group], terms: Terms, full: bool) -> Iterator[Sequence[str]]:
    for group in found:
        for term in group.terms:
            code = terms.coding(term.name, full=full)
            # The states and grades are whole; what else is found may be said by codes of others.
            closed = "N" if group.id in ("states", "grades", "finding-grades") else "Y"
            yield (group.id, group.en, group.ja, closed, code.scheme, code.code, code.display,
                   term.ja)  # fmt: skip


def _templates(terms: Terms, full: bool) -> Iterator[Sequence[str]]:
    """Yield the rows of one measurement group a lesion, in the form of PS3.16 tables."""
    for lesion in (t for t in terms.terms.values() if t.kind == "lesion"):
        for number, row in enumerate(_group_rows(lesion, terms, full), 1):
            yield f"TID 1501 {lesion.name}", str(number), *row


def _group_rows(lesion: Term, terms: Terms, full: bool) -> Iterator[Sequence[str]]:
    def row(
        level: str, relation: str, kind: str, name: str, many: str, when: str = "", values: str = ""
    ) -> Sequence[str]:
        code = terms.coding(name, full=full)
        return level, relation, kind, code.scheme, code.code, code.display, many, when, values

    yield row("", "CONTAINS", "CONTAINER", "measurement-group", "1-n", "one a lesion")
    yield row(">", "HAS OBS CONTEXT", "TEXT", "tracking-identifier", "1")
    yield row(">", "HAS OBS CONTEXT", "UIDREF", "tracking-uid", "1")
    yield row(">", "CONTAINS", "CODE", "finding", "1", values=f"only {lesion.name}")
    many = "one a level, or one for a disc or region"
    yield row(">", "HAS CONCEPT MOD", "CODE", "finding-site", "0-n", many, "sites")
    yield row(">>", "HAS CONCEPT MOD", "CODE", "laterality", "0-1", values="sides")
    state = "left out: present"
    yield row(">", "CONTAINS", "CODE", lesion.name, "0-1", state, "states")
    for one in attributes(lesion, terms):
        values = one.name if one.name in VALUES else "states"
        yield row(">", "CONTAINS", "CODE", one.name, "0-1", values=values)
    same = "tracking UID of a lesion judged to be at the same site"
    yield row(">", "CONTAINS", "TEXT", "same-site", "0-n", same)
    yield row(
        ">", "CONTAINS", "TEXT", "exam-ref", "0-1", "several exams: tracking UID of its group"
    )
    written = "in graded reports"
    yield row(">", "CONTAINS", "CODE", "finding-grade", "0-1", written, "finding-grades")
    differs = "in graded reports, where it differs"
    yield row(">", "CONTAINS", "CODE", "possible-grade", "0-1", differs, "finding-grades")


def _vocabulary(found: Iterable[Group], terms: Terms, full: bool) -> Any:
    schemes = {
        scheme: {"uid": terms.uids.get(scheme), "fhir": system}
        for scheme, system in terms.written.items()
    }
    return {
        "version": __version__,
        "scheme": {"designator": PRIVATE, "uid": terms.uids[PRIVATE]},
        "schemes": schemes,
        "terms": [_term(t, full) for t in terms.terms.values()],
        "groups": [
            {"id": g.id, "en": g.en, "ja": g.ja, "terms": [t.name for t in g.terms]} for g in found
        ],
    }


def _term(term: Term, full: bool) -> Any:
    return {
        "name": term.name,
        "kind": term.kind,
        "ja": term.ja,
        "en": term.en,
        "exams": list(term.exams),
        "words": list(term.words),
        "codes": [
            {"scheme": r.scheme, "code": r.code, "display": r.display, "fits": r.fits,
             "dicom": r.dicom}
            for r in term.codes
            if full or r.dicom or r.scheme != "SCT"
        ],
    }  # fmt: skip
