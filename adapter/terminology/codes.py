"""Terms to a CodeSystem, ValueSets, ConceptMaps and NamingSystems.

The CodeSystem is the private scheme; a ConceptMap says how our terms and the codes of other schemes
stand to each other, and which SRT code became which SNOMED CT code. Source: ``mappings/*.toml``;
FHIR codesystem.html, valueset.html, conceptmap.html, namingsystem.html of both releases.
"""

from collections.abc import Iterable, Iterator

from adapter.terminology.artifacts import Export, Json, designation
from adapter.terminology.groups import STATES, Group, groups
from adapter.terms import PRIVATE, CodeRow, Term, Terms

_PROPERTIES = (
    ("kind", "lesion, attribute, exam, patient, value, conclusion, conclusion code or site"),
    ("exam", "a kind of examination that the concept fits"),
)
# From our term to the other code: what the other code is, seen from ours.
_R4 = {"equal": "equal", "narrower": "narrower", "broader": "wider"}
_R5 = {
    "equal": "equivalent",
    "narrower": "source-is-broader-than-target",
    "broader": "source-is-narrower-than-target",
}
_WHY = {"narrower": "Read as the wider concept; never written for it."}
_REVERSE = {"equal": "equal", "narrower": "broader", "broader": "narrower"}


def code_system(export: Export) -> Json:
    """Return the private scheme with all its concepts, each with its Japanese word."""
    own = list(own_codes(export.terms))
    system = export.terms.written[PRIVATE]
    head = export.head("CodeSystem", "csfleak", "脳脊髄液漏出症の所見と判定", "CSF leak findings")
    return {
        **head,
        "url": system,
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": system}],
        "caseSensitive": True,
        "content": "complete",
        "count": len(own),
        "property": [
            {"code": code, "uri": f"{export.url('CodeSystem', 'csfleak')}#{code}",
             "description": words, "type": "code"}
            for code, words in _PROPERTIES
        ],
        "concept": [_concept(code, term) for code, term in own],
    }  # fmt: skip


def own_codes(terms: Terms) -> Iterator[tuple[str, Term]]:
    """Yield the codes of the private scheme: of our concepts, and of sites that no other names."""
    for term in terms.terms.values():
        if term.private:
            yield term.name, term
        yield from ((row.code, term) for row in term.codes if row.scheme == PRIVATE)


def _concept(code: str, term: Term) -> Json:
    kind = term.kind.replace(" ", "-")
    exams = [{"code": "exam", "valueCode": exam} for exam in term.exams]
    return {
        "code": code,
        "display": term.en,
        **({"designation": designation(term.ja)} if term.ja else {}),
        "property": [{"code": "kind", "valueCode": kind}, *exams],
    }


def value_sets(export: Export) -> Iterator[Json]:
    """Yield a ValueSet for each set that codes are chosen from."""
    for group in groups(export.terms):
        yield {
            **export.head("ValueSet", group.id, group.ja, group.en),
            "compose": {"include": _included(group, export)},
        }


def _included(group: Group, export: Export) -> list[Json]:
    by_system: dict[str, list[Json]] = {}
    for term in group.terms:
        for one in export.terms.codings(term.name, full=export.full):
            words = designation(term.ja)
            row = {"code": one.code, "display": one.display}
            by_system.setdefault(one.system, []).append(
                row | ({"designation": words} if words else {})
            )
    return [{"system": system, "concept": rows} for system, rows in by_system.items()]


def concept_maps(export: Export) -> Iterator[Json]:
    """Yield the ConceptMaps: ours to others, others to ours, answers to states, SRT to SCT."""
    own = [t for t in export.terms.terms.values() if t.private]
    ours = export.terms.written[PRIVATE]
    forth: dict[str, list[tuple[str, str, list[Json]]]] = {}
    back: dict[str, list[tuple[str, str, list[Json]]]] = {}
    for term in own:
        for scheme, rows in _by_scheme(term, export):
            to = [_target(r.code, r.display, r.fits, export) for r in rows]
            forth.setdefault(scheme, []).append((term.name, term.en, to))
            for row in rows:
                fits = _REVERSE[row.fits]
                here = [_target(term.name, term.en, fits, export)]
                back.setdefault(scheme, []).append((row.code, row.display, here))
    title = "本アダプタのコードから他のコードへ", "Our codes to codes of other schemes"
    yield _map("csfleak-to-others", title, [
        _group(ours, _system(scheme, export), rows, export) for scheme, rows in forth.items()
    ], export)  # fmt: skip
    title = "他のコードから本アダプタのコードへ", "Codes of other schemes to ours"
    yield _map("others-to-csfleak", title, [
        _group(_system(scheme, export), ours, rows, export) for scheme, rows in back.items()
    ], export)  # fmt: skip
    title = "回答のコードから所見の有無へ", "Codes of answers to states of a finding"
    yield _map("answers-to-states", title, list(_answers(export)), export)
    title = "SRTコードからSNOMED CTへ", "SRT codes to SNOMED CT"
    pairs = [
        (old.code, old.display, [_target(new.code, new.display, "equal", export)])
        for old, new in retired(export.terms.terms.values())
        if export.full or new.dicom
    ]
    systems = _system("SRT", export), _system("SCT", export)
    yield _map("srt-to-sct", title, [_group(*systems, pairs, export)], export)


def _answers(export: Export) -> Iterator[Json]:
    """Yield how each code that answers a finding is read: as one of the states we write."""
    states = [t for t in export.terms.terms.values() if t.kind == "state" and t.name in STATES]
    found: dict[str, list[tuple[str, str, list[Json]]]] = {}
    for term in states:
        written = export.terms.codings(term.name)[0]
        for scheme, rows in _by_scheme(term, export):
            to = [_target(written.code, written.display, "equal", export)]
            found.setdefault(scheme, []).extend((r.code, r.display, to) for r in rows)
    target = _system("SCT", export)
    yield from (_group(_system(s, export), target, rows, export) for s, rows in found.items())


def retired(terms: Iterable[Term]) -> Iterator[tuple[CodeRow, CodeRow]]:
    """Yield each SRT code with the SNOMED CT code that took its place: of the same meaning."""
    for term in terms:
        for old in (r for r in term.codes if r.scheme == "SRT"):
            same = [
                r for r in term.codes
                if r.scheme == "SCT" and r.fits == old.fits
                and r.display.casefold() == old.display.casefold()
            ]  # fmt: skip
            # Of two of one meaning, the one that DICOM lists is the one DICOM replaced it by.
            yield from ((old, new) for new in sorted(same, key=lambda r: not r.dicom)[:1])


def _by_scheme(term: Term, export: Export) -> Iterator[tuple[str, list[CodeRow]]]:
    found: dict[str, list[CodeRow]] = {}
    for row in term.codes:
        if (
            row.scheme != PRIVATE
            and not row.like
            and (export.full or row.scheme != "SCT" or row.dicom)
        ):
            found.setdefault(row.scheme, []).append(row)
    yield from found.items()


def _system(scheme: str, export: Export) -> str:
    return export.terms.written.get(scheme, scheme)


def _target(code: str, display: str, fits: str, export: Export) -> Json:
    said = {"equivalence": _R4[fits]} if export.release == "r4" else {"relationship": _R5[fits]}
    shown = {"display": display} if display else {}
    return {"code": code, **shown, **said, **({"comment": _WHY[fits]} if fits in _WHY else {})}


def _group(
    source: str, target: str, rows: list[tuple[str, str, list[Json]]], export: Export
) -> Json:
    return {
        "source": source,
        "target": target,
        "element": [
            {"code": code, **({"display": display} if display else {}), "target": to}
            for code, display, to in rows
        ],
    }


def _map(id: str, title: tuple[str, str], found: list[Json], export: Export) -> Json:
    return {**export.head("ConceptMap", id, *title), "group": [g for g in found if g["element"]]}


def naming_systems(export: Export) -> Iterator[Json]:
    """Yield what our systems are called in both worlds: the private scheme, and digests."""
    uid = export.terms.uids[PRIVATE]
    yield _naming("csfleak", "codesystem", "99CSFL: private scheme of the findings", [
        {"type": "oid", "value": uid},
        {"type": "uri", "value": f"urn:oid:{uid}", "preferred": True},
        {"type": "other", "value": PRIVATE, "comment": "DICOM Coding Scheme Designator"},
    ], export)  # fmt: skip
    digest = {"type": "uri", "value": export.url("NamingSystem", "sha-256"), "preferred": True}
    yield _naming("sha-256", "identifier", "SHA-256 of an input's bytes, hexadecimal", [digest],
                  export)  # fmt: skip


def _naming(id: str, kind: str, words: str, ids: list[Json], export: Export) -> Json:
    head = export.head("NamingSystem", id, words, words)
    # R4 knows no canonical URL, version or title of a NamingSystem.
    left = ("url", "version", "title", "_title", "experimental") if export.release == "r4" else ()
    kept = {k: v for k, v in head.items() if k not in left}
    return {**kept, "description": words, "kind": kind, "uniqueId": ids}
