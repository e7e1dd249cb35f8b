"""The criteria's facts as a form: the Questionnaire, and its answers as Observations.

A hospital without coded reports fills the form in; a QuestionnaireResponse to it is turned into
the Observations that say the same, and read as those. Source: FHIR R4 questionnaire.html,
questionnaireresponse.html; SDC 3.0 (item codes, choice answers); criteria section 1.
"""

from collections.abc import Iterator
from typing import Any

from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, many, objects, text
from adapter.readers.fhir.values import VALUES
from adapter.terms import Term, Terms

URL = "http://csfleak.invalid/fhir/Questionnaire/csf-leak-findings"
VERSION = "1"
_TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_KINDS = ("spinal-mri", "ri-cisternogram", "ct-myelography", "brain-mri")
_STATES = ("present", "absent", "indeterminate", "unknown", "not-evaluated")
_SIDES = ("left", "right", "bilateral")
_FIELDS = {
    "state": ("所見の有無", "State of the finding"),
    "site": ("部位(高位)", "Site (levels)"),
    "side": ("左右", "Side"),
    "date": ("日付", "Date"),
    "institution": ("検査実施機関", "Institution"),
    "study": ("Study Instance UID", "Study Instance UID"),
    "value": ("測定値", "Measured value"),
    "patient": ("患者の所見", "Facts of the patient"),
}
_STATUS = {
    "completed": "final",
    "amended": "amended",
    "in-progress": "preliminary",
    "stopped": "cancelled",
}
_MEASURED = ("suprasellar", "prepontine", "mamillopontine")
_DETAILS = ("dde-symmetric", "dde-thickening", "falx-tentorium", "extent-3cm", "above-cortex")
_NOT_ASKED = ("same-site", "exam-ref", "institution", "posture", *_DETAILS)


def questionnaire(terms: Terms) -> Json:
    """Return the form as a FHIR R4 Questionnaire, Japanese with English translations."""
    return {
        "resourceType": "Questionnaire",
        "url": URL,
        "version": VERSION,
        "name": "CsfLeakFindings",
        "title": "脳脊髄液漏出症・低髄液圧症の所見",
        "status": "draft",
        "subjectType": ["Patient"],
        "item": [*(_exam(kind, terms) for kind in _KINDS), _of_patient(terms)],
    }


def _exam(kind: str, terms: Terms) -> Json:
    fitting = [t for t in terms.terms.values() if kind in t.exams or "any" in t.exams]
    lesions = [t for t in fitting if t.kind == "lesion"]
    facts = [t for t in fitting if t.kind == "exam"]
    attributes = [t for t in fitting if t.kind == "attribute" and t.name not in _NOT_ASKED]
    return _group(
        kind,
        terms[kind],
        [
            _field(f"{kind}/date", "date"),
            _field(f"{kind}/institution", "string"),
            _field(f"{kind}/study", "string"),
            *(_lesion(f"{kind}/{t.name}", t, attributes, terms) for t in lesions),
            *(_fact(f"{kind}/{t.name}", t, terms) for t in facts),
        ],
        terms,
    )


def _lesion(link: str, term: Term, attributes: list[Term], terms: Terms) -> Json:
    return _group(
        link,
        term,
        [
            _choice(f"{link}/state", None, _STATES, terms),
            _field(f"{link}/site", "string"),
            _choice(f"{link}/side", None, _SIDES, terms),
            *(_choice(f"{link}/{a.name}", a, VALUES.get(a.name, _STATES), terms)
              for a in attributes),
        ],
        terms,
    )  # fmt: skip


def _fact(link: str, term: Term, terms: Terms) -> Json:
    if term.name == "dural-enhance":
        details = [_choice(f"{link}/{name}", terms[name], _STATES, terms) for name in _DETAILS]
        state = _choice(f"{link}/state", None, _STATES, terms)
        return _group(link, term, [state, *details], terms, repeats=False)
    if term.name in _MEASURED:
        return {**_labelled(link, term), "type": "quantity", "code": _codings(term.name, terms)}
    return _choice(link, term, _STATES, terms)


def _of_patient(terms: Terms) -> Json:
    pressure = _group(
        "patient/csf-pressure",
        terms["csf-pressure"],
        [
            _field("patient/csf-pressure/value", "quantity"),
            _choice("patient/csf-pressure/posture", terms["posture"], VALUES["posture"], terms),
            _field("patient/csf-pressure/date", "date"),
        ],
        terms,
    )
    dated = [
        _group(f"patient/{name}", terms[name], [_field(f"patient/{name}/date", "date")], terms)
        for name in ("lumbar-puncture", "blood-patch")
    ]
    headache = _choice("patient/ortho-headache", terms["ortho-headache"], _STATES, terms)
    return {**_field("patient", "group"), "item": [headache, pressure, *dated]}


def _group(link: str, term: Term, items: list[Json], terms: Terms, repeats: bool = True) -> Json:
    made = {**_labelled(link, term), "type": "group", "code": _codings(term.name, terms)}
    return {**made, **({"repeats": True} if repeats else {}), "item": items}


def _choice(link: str, term: Term | None, options: tuple[str, ...], terms: Terms) -> Json:
    head = _labelled(link, term) if term else _field(link, "")
    coded = {"code": _codings(term.name, terms)} if term else {}
    answers = [{"valueCoding": _codings(name, terms)[0]} for name in options]
    return {**head, **coded, "type": "choice", "answerOption": answers}


def _field(link: str, kind: str) -> Json:
    ja, en = _FIELDS[link.rpartition("/")[2]]
    return {"linkId": link, "text": ja, "_text": _translated(en), "type": kind}


def _labelled(link: str, term: Term) -> Json:
    return {"linkId": link, "text": term.ja, "_text": _translated(term.en)}


def _translated(words: str) -> Json:
    content = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": words}]
    return {"extension": [{"url": _TRANSLATION, "extension": content}]}


def _codings(name: str, terms: Terms) -> list[Json]:
    return [{"system": c.system, "code": c.code, "display": c.display} for c in terms.codings(name)]


def observations(response: Resource, reading: Reading) -> Iterator[Resource]:
    """Yield the Observations that the answers of a QuestionnaireResponse say.

    They stand as contained in the response, so that their members refer to each other.
    """
    asked = text(response.body.get("questionnaire")).partition("|")[0]
    if asked != URL:
        what = "it answers another questionnaire than ours: it is not used"
        reading.tell("not-used", what, f"{response.path}.questionnaire")
        return
    made = _Made(response, reading)
    for item, path in made.items(response.body, response.path):
        made.read(item, path)
    yield from made.found


class _Made:
    """The Observations made so far of one response."""

    def __init__(self, response: Resource, reading: Reading) -> None:
        self.response = response
        self.reading = reading
        self.found: list[Resource] = []
        status = text(response.body.get("status"))
        self.common = {
            "resourceType": "Observation",
            "status": _STATUS.get(status, status),
            "subject": response.body.get("subject"),
        }
        for key in ("modifierExtension", "implicitRules"):
            if key in response.body:
                self.common[key] = response.body[key]

    def items(self, body: Json, path: str) -> Iterator[tuple[Json, str]]:
        """Yield the items of a response, a group, or below an answer, with their paths."""
        for number, item in enumerate(objects(body.get("item"))):
            yield item, f"{path}.item[{number}]"

    def read(self, item: Json, path: str) -> None:
        link = text(item.get("linkId"))
        if link in _KINDS:
            self._exam(link, item, path)
        elif link == "patient":
            for child, at in self.items(item, path):
                self._fact(child, at)
        else:
            self._unknown(path)

    def _exam(self, kind: str, item: Json, path: str) -> None:
        fields = self._fields(item, path)
        rows = [r for r in self.items(item, path) if _last(r[0]) not in fields]
        members = [m for child, at in rows if (m := self._fact(child, at))]
        body: Json = {"code": self._code(kind), "hasMember": members}
        if fields.get("date"):
            body["effectiveDateTime"] = fields["date"]
        if fields.get("institution"):
            performer = {"type": "Organization", "display": fields["institution"]}
            body["performer"] = [performer]
        if fields.get("study"):
            identifier = {"system": "urn:dicom:uid", "value": fields["study"]}
            body["derivedFrom"] = [{"type": "ImagingStudy", "identifier": identifier}]
        if members:
            self._add(body, path)

    def _fact(self, item: Json, path: str) -> Json | None:
        """Return the reference to the Observation that an item says; None where it says none."""
        name = _last(item)
        term = self.reading.terms.terms.get(name)
        if term is None or term.kind not in ("lesion", "exam", "patient"):
            self._unknown(path)
            return None
        body: Json = {"code": self._code(name)}
        if "item" not in item:
            value = self._value(item, path)
            return self._add({**body, **value}, path) if value else None
        members = []
        for child, at in self.items(item, path):
            part, value = _last(child), self._value(child, at)
            if not value:
                continue
            if part in ("state", "value"):
                body |= value
            elif part == "date":
                body["effectiveDateTime"] = next(iter(value.values()))
            elif part == "site":
                members.append(self._add({"code": self._code("finding-site"), **value}, at))
            elif part == "side":
                members.append(self._add({"code": self._code("laterality"), **value}, at))
            elif part in self.reading.terms.terms:
                members.append(self._add({"code": self._code(part), **value}, at))
            else:
                self._unknown(at)
        if name in ("lumbar-puncture", "blood-patch") and "effectiveDateTime" in body:
            body["valueBoolean"] = True
        if members:
            body["hasMember"] = members
        return self._add(body, path) if len(body) > 1 else None

    def _fields(self, item: Json, path: str) -> dict[str, str]:
        """Return the date, institution and study of an exam."""
        found = {}
        for child, at in self.items(item, path):
            name = _last(child)
            if name in ("date", "institution", "study"):
                found[name] = text(next(iter(self._value(child, at).values()), ""))
        return found

    def _value(self, item: Json, path: str) -> Json:
        """Return an answer as a value[x]; empty where there is none, or more than one."""
        answers = [a for a in many(item.get("answer")) if isinstance(a, dict)]
        if len(answers) > 1:
            what = f"{len(answers)} answers to one question: none is used"
            self.reading.tell("contradiction", what, path)
        if len(answers) != 1:
            return {}
        values = {k: v for k, v in answers[0].items() if k.lstrip("_").startswith("value")}
        if "valueCoding" in values:
            return {"valueCodeableConcept": {"coding": [values["valueCoding"]]}}
        if "valueDate" in values:
            return {"valueDateTime": values["valueDate"]}
        return values

    def _code(self, name: str) -> Json:
        return {"coding": _codings(name, self.reading.terms)}

    def _add(self, body: Json, path: str) -> Json:
        id = f"item-{len(self.found)}"
        common: dict[str, Any] = {k: v for k, v in self.common.items() if v is not None}
        made = Resource(common | {"id": id} | body, path, "Observation", "", self.response)
        made.unusable = self.response.unusable
        self.found.append(made)
        return {"reference": f"#{id}"}

    def _unknown(self, path: str) -> None:
        self.reading.tell("not-used", "the item is no question of the form", path)


def _last(item: Json) -> str:
    return text(item.get("linkId")).rpartition("/")[2]
