"""The criteria's facts as a form: a FHIR R4 Questionnaire made of the mappings alone.

Every question carries the code of its concept; texts are Japanese with their English beside them,
answers the other way round. A ``linkId`` is its place: ``spinal-mri.lesion.enhancement``.
Source: FHIR R4 questionnaire.html; SDC 3.0 (``item.code``, ``item.definition``, coded answers,
unit choices); criteria section 1.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from adapter import __version__
from adapter.model import KINDS, SAME_KIND, SIDES
from adapter.sites import AXIS
from adapter.terms import Term, Terms
from adapter.terms.concepts import DATED, LENGTHS, VALUES
from adapter.writers.fhir.values import CANONICAL, Json, coding, filled

NAME = "csfleak-findings"
URL = f"{CANONICAL}/Questionnaire/{NAME}"

_HL7 = "http://hl7.org/fhir/StructureDefinition"
_UCUM = "http://unitsofmeasure.org"
_COMPARATOR = "http://hl7.org/fhir/quantity-comparator"
_SITES = "sites"
_STATES = ("present", "absent", "indeterminate", "not-evaluated", "unknown")
_PRESSURES = ("mm[H2O]", "cm[H2O]", "mm[Hg]", "kPa")
_DETAILS = ("dde-symmetric", "dde-thickening", "falx-tentorium", "extent-3cm", "above-cortex")
_ELSEWHERE = ("same-site", "exam-ref", "institution", *_DETAILS)
"""Attributes that are no question of a lesion's own row, or have a place of their own in it."""

_FIELDS = {
    "patient": ("患者の所見", "Facts of the patient"),
    "lesion": ("病変(1部位ごと)", "Lesion (one per site)"),
    "state": ("有無", "State"),
    "date": ("日付", "Date"),
    "method": ("検査法", "Method"),
    "institution": ("検査実施機関", "Institution"),
    "study": ("Study Instance UID(任意)", "Study Instance UID (optional)"),
    "site": ("部位(高位。複数可)", "Site (levels; several may be given)"),
    "side": ("左右", "Side"),
    "label": ("病変の名称(任意。A, B など)", "Name of the lesion (optional; A, B …)"),
    "same-site": ("同じ部位と判断した病変の名称", "Name of a lesion judged to be at the same site"),
    "value": ("測定値", "Measured value"),
    "comparator": ("測定値の範囲(未満など)", "Comparator of the value"),
    "text": ("所見の内容", "The finding in words"),
    "size": ("連続造影の長さ", "Length of continuous enhancement"),
}
_CODES = {
    "site": "finding-site",
    "side": "laterality",
    "method": "measurement-method",
    "institution": "institution",
    "label": "tracking-uid",
    "same-site": "same-site",
    "lesion": "measurement-group",
}
_DEFINITIONS = {
    "date": "Observation#Observation.effective[x]",
    "study": "ImagingStudy#ImagingStudy.identifier",
    "comparator": "Quantity#Quantity.comparator",
    "text": "Observation#Observation.note",
}


def questionnaire(terms: Terms) -> Json:
    """Return the form as a FHIR R4 Questionnaire; its version is the software's."""
    title = (
        "脳脊髄液漏出症・低髄液圧症の所見",
        "Findings of CSF leak and intracranial hypotension",
    )
    return {
        "resourceType": "Questionnaire",
        "id": NAME,
        "language": "ja",
        "contained": [_sites(terms)],
        "url": URL,
        "version": __version__,
        "name": "CsfLeakFindings",
        **_both("title", *title),
        "status": "active",
        "subjectType": ["Patient"],
        "item": [_patient(terms), *(_exam(kind, terms) for kind in KINDS)],
    }


def _patient(terms: Terms) -> Json:
    """Return the questions on the patient: each row is of one date."""
    headache, pressure = "patient.ortho-headache", "patient.csf-pressure"
    measured = {
        **_field(f"{pressure}.value", "quantity", terms, code="csf-pressure"),
        "extension": [_unit("questionnaire-unitOption", unit) for unit in _PRESSURES],
        "required": True,
    }
    rows = [
        _group(headache, terms["ortho-headache"], terms, [
            _state(headache, "ortho-headache", terms),
            _field(f"{headache}.date", "date", terms),
        ]),
        _group(pressure, terms["csf-pressure"], terms, [
            measured,
            _comparator(f"{pressure}.comparator", terms),
            _choice(f"{pressure}.posture", terms["posture"], VALUES["posture"], terms),
            _field(f"{pressure}.date", "date", terms),
        ]),
        *(
            _group(f"patient.{name}", terms[name], terms, [
                {**_field(f"patient.{name}.date", "date", terms), "required": True},
            ])
            for name in DATED
        ),
    ]  # fmt: skip
    return {**_field("patient", "group", terms), "item": rows}


def _exam(kind: str, terms: Terms) -> Json:
    fitting = [t for t in terms.terms.values() if kind in t.exams or "any" in t.exams]
    methods = (kind, *(m for m, of in SAME_KIND.items() if of == kind))
    head = [
        _field(f"{kind}.date", "date", terms),
        _field(f"{kind}.institution", "string", terms),
        _field(f"{kind}.study", "string", terms),
    ]
    if len(methods) > 1:
        options = _options(methods, terms)
        head.append({**_field(f"{kind}.method", "choice", terms), "answerOption": options})
    facts = [_fact(f"{kind}.{t.name}", t, terms) for t in fitting if t.kind == "exam"]
    return _group(kind, terms[kind], terms, [*head, *_lesions(kind, fitting, terms), *facts])


def _lesions(kind: str, fitting: Iterable[Term], terms: Terms) -> Iterator[Json]:
    """Yield the row of one lesion: whether it is there, where, and what is seen of it."""
    link = f"{kind}.lesion"
    concepts = [t for t in fitting if t.kind == "lesion"]
    if not concepts:
        return
    attributes = [t for t in fitting if t.kind == "attribute" and t.name not in _ELSEWHERE]
    states = [_choice(f"{link}.{t.name}", t, _STATES, terms) for t in concepts]
    if len(states) == 1:
        states[0]["required"] = True
    site = {
        **_field(f"{link}.site", "open-choice", terms),
        "repeats": True,
        "answerValueSet": f"#{_SITES}",
    }
    side = {**_field(f"{link}.side", "choice", terms), "answerOption": _options(SIDES, terms)}
    seen = [_choice(f"{link}.{t.name}", t, VALUES.get(t.name, _STATES), terms) for t in attributes]
    names = [
        _field(f"{link}.label", "string", terms),
        {**_field(f"{link}.same-site", "string", terms), "repeats": True},
    ]
    group = {**_field(link, "group", terms), "repeats": True}
    yield {**group, "item": [*states, site, side, *seen, *names]}


def _fact(link: str, term: Term, terms: Terms) -> Json:
    if term.name == "dural-enhance":
        details = [d for name in _DETAILS for d in _detail(f"{link}.{name}", terms[name], terms)]
        item = [_state(link, term.name, terms), *details]
        return {**_labelled(link, term), **_coded(term.name, terms), "type": "group", "item": item}
    if term.name == "other-brain":
        words = _field(f"{link}.text", "string", terms)
        return _group(link, term, terms, [_state(link, term.name, terms), words])
    if term.name in LENGTHS:
        return _length(_labelled(link, term), term.name, terms)
    return _choice(link, term, _STATES, terms)


def _detail(link: str, term: Term, terms: Terms) -> Iterator[Json]:
    yield _choice(link, term, _STATES, terms)
    if term.name == "extent-3cm":
        yield _length(_field(f"{link}.size", "", terms), term.name, terms)


def _length(head: Json, name: str, terms: Terms) -> Json:
    unit = _unit("questionnaire-unitOption", "mm")
    return {**head, "extension": [unit], **_coded(name, terms), "type": "quantity"}


def _group(link: str, term: Term, terms: Terms, items: list[Json]) -> Json:
    """Return a row of questions that may be filled in several times."""
    head = {**_labelled(link, term), **_coded(term.name, terms)}
    return {**head, "type": "group", "repeats": True, "item": items}


def _state(link: str, name: str, terms: Terms) -> Json:
    """Return the question for a concept's own state, within the concept's group."""
    field = _field(f"{link}.state", "choice", terms, code=name)
    return {**field, "answerOption": _options(_STATES, terms)}


def _choice(link: str, term: Term, options: Iterable[str], terms: Terms) -> Json:
    head = {**_labelled(link, term), **_coded(term.name, terms)}
    return {**head, "type": "choice", "answerOption": _options(options, terms)}


def _comparator(link: str, terms: Terms) -> Json:
    signs = [{"valueCoding": {"system": _COMPARATOR, "code": s}} for s in ("<", "<=", ">=", ">")]
    return {**_field(link, "choice", terms), "answerOption": signs}


def _field(link: str, kind: str, terms: Terms, code: str = "") -> Json:
    """Return a question that is no concept of the criteria; `code` names the concept it is for."""
    name = link.rpartition(".")[2]
    named = code or _CODES.get(name, "")
    definition = _DEFINITIONS.get(name)
    return {
        "linkId": link,
        **({"definition": f"{_HL7}/{definition}"} if definition else {}),
        **(_coded(named, terms) if named else {}),
        **_both("text", *_FIELDS[name]),
        **({"type": kind} if kind else {}),
    }


def _labelled(link: str, term: Term) -> Json:
    return {"linkId": link, **_both("text", term.ja, term.en)}


def _coded(name: str, terms: Terms) -> Json:
    return {"code": [coding(c) for c in terms.codings(name)]}


def _options(names: Iterable[str], terms: Terms) -> list[Json]:
    return [{"valueCoding": _answer(name, terms)} for name in names]


def _answer(name: str, terms: Terms) -> Json:
    term, code = terms[name], terms.codings(name)[0]
    translated = {"_display": _translation("ja", term.ja)} if term.ja else {}
    return {**coding(code), **translated}


def _unit(url: str, unit: str) -> Json:
    value = {"system": _UCUM, "code": unit, "display": unit}
    return {"url": f"{_HL7}/{url}", "valueCoding": value}


def _both(key: str, ja: str, en: str) -> Json:
    """Return a Japanese text with its English translation."""
    return {key: ja, f"_{key}": _translation("en", en)}


def _translation(lang: str, words: str) -> Json:
    content: list[Any] = [
        {"url": "lang", "valueCode": lang},
        {"url": "content", "valueString": words},
    ]
    return {"extension": [{"url": f"{_HL7}/translation", "extension": content}]}


def _sites(terms: Terms) -> Json:
    """Return the value set of the sites: levels in order of the spine, then all that has a name."""
    named = [t.name for t in terms.terms.values() if t.kind == "site" and t.name not in AXIS]
    include: dict[str, list[Json]] = {}
    for name in (*AXIS, *named):
        code, term = terms.codings(name)[0], terms[name]
        words = [{"language": "ja", "value": term.ja}] if term.ja else []
        row = filled(code=code.code, display=code.display, designation=words)
        include.setdefault(code.system, []).append(row)
    rows = [{"system": system, "concept": concepts} for system, concepts in include.items()]
    return {
        "resourceType": "ValueSet",
        "id": _SITES,
        "status": "active",
        "compose": {"include": rows},
    }
