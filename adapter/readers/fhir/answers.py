"""A QuestionnaireResponse to the Observations that say the same; those are read as any other.

Each row of an exam is an exam group, each row of a lesion a lesion. Nothing is taken for said that
was not answered: a lesion without its state, or a group with a date alone, is no finding.
Source: FHIR R4 questionnaireresponse.html; contract section 2; criteria section 1.
"""

import re
import unicodedata
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adapter.model import METHODS
from adapter.readers.fhir.forms import FORM, asked, named, unusable
from adapter.readers.fhir.nodes import ALONE
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.replies import all_words, answers, dated, plain, value_of, words_of
from adapter.readers.fhir.shapes import Json, bare, objects, single, text
from adapter.readers.fhir.unmapped import keep
from adapter.terms.concepts import DATED

_NAMESPACE = uuid.UUID("5f0c2f0e-52f5-5d0c-8a35-7c3b1a0f6d3e")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_CODES = {"site": "finding-site", "side": "laterality"}

Row = tuple[str, Json, str]
"""What an item asks, the item, and its path."""


def observations(
    response: Resource, resources: Iterable[Resource], reading: Reading
) -> Iterator[Resource]:
    """Yield the Observations that the answers of a QuestionnaireResponse say.

    They stand as contained in the response, so that they refer to each other; each has the path of
    the item that says it, and the response as its source.

    Parameters
    ----------
    response : Resource
        The answered form.
    resources : iterable of Resource
        Of the same input: another form than the shipped one is read where its Questionnaire is
        among them and its items are coded.
    reading : Reading
        What is not used is told there.
    """
    links = asked(response, resources, reading)
    if not links:
        what = f"it answers no form that is known: the shipped one is …{FORM}, any other has to be"
        what = f"{what} in the input with coded items: it is not used"
        reading.tell("not-used", what, f"{response.path}.questionnaire")
        return
    why = unusable(response, resources, reading)
    if why:
        reading.tell("not-used", f"the answered form is not used: {why}", response.path)
        return
    made = _Answers(response, reading, links)
    made.all(response.body, response.path)
    yield from made.found


@dataclass(slots=True)
class _Lesion:
    """The answers of one lesion's row."""

    states: list[Row] = field(default_factory=list)
    parts: list[Row] = field(default_factory=list)
    label: str = ""
    same_sites: list[tuple[str, str]] = field(default_factory=list)


class _Answers:
    """The Observations made so far of one response."""

    def __init__(self, response: Resource, reading: Reading, links: Mapping[str, str]) -> None:
        self.response, self.reading, self.links = response, reading, links
        self.found: list[Resource] = []
        self.exams: Counter[str] = Counter()
        self.name = named(response)
        subject, authored = response.body.get("subject"), response.body.get("authored")
        common = {"subject": subject, "issued": authored}
        self.common = {key: value for key, value in common.items() if value is not None}

    def rows(self, item: Json, path: str) -> Iterator[Row]:
        """Yield the items below a response, an item or its answers; the unknown ones are told."""
        below = [(row, f"{path}.item[{n}]") for n, row in enumerate(objects(item.get("item")))]
        for n, answer in enumerate(objects(item.get("answer"))):
            rows = enumerate(objects(answer.get("item")))
            below += [(row, f"{path}.answer[{n}].item[{m}]") for m, row in rows]
        for row, at in below:
            link = text(row.get("linkId"))
            name = self.links.get(link)
            if row.get("modifierExtension"):
                what = "a modifier extension may change the meaning of the item: it is not used"
                self.reading.tell("not-used", what, at)
            elif name is not None:
                yield name, row, at
            else:
                if objects(row.get("answer")) or not objects(row.get("item")):
                    what = f"linkId {link[:40]!r} is no coded question of the form"
                    self.reading.tell("not-mapped", what, at)
                    self._keep(row, link, at)
                yield from self.rows(row, at)

    def _keep(self, row: Json, link: str, path: str) -> None:
        """Keep what is answered to a question that is not coded, under its words."""
        words = {"code": {"text": text(row.get("text")) or link}}
        for number, answer in enumerate(objects(row.get("answer"))):
            where = f"{path}.answer[{number}]"
            keep({**answer, **words}, where, self.response, ALONE, None, self.reading)

    def all(self, item: Json, path: str) -> list[Json]:
        """Add the findings below an item; return references to their Observations."""
        found: list[Json] = []
        for name, row, at in self.rows(item, path):
            found += self._one(name, row, at)
        return found

    def _one(self, name: str, row: Json, at: str) -> list[Json]:
        kind = self._kind(name)
        if name == "patient":
            return self.all(row, at)
        if name in METHODS:
            self._exam(name, row, at)
            return []
        if name == "lesion" or kind == "lesion":
            return self._lesion(name, row, at)
        if kind in ("exam", "patient"):
            return self._fact(name, row, at)
        if objects(row.get("answer")):
            self._nowhere(name, at)
        return []

    def _exam(self, kind: str, item: Json, path: str) -> None:
        """Add an exam group where any of its facts is answered."""
        body: Json = {"code": self._code(kind)}
        members: list[Json] = []
        study = ""
        for name, row, at in self.rows(item, path):
            if name == "date":
                body |= dated(row, at, self.reading)
            elif name == "institution" and (words := words_of(row, at, self.reading)):
                body["performer"] = [{"type": "Organization", "display": words}]
            elif name == "study" and (words := words_of(row, at, self.reading)):
                study = bare(words)
                identifier = {"system": "urn:dicom:uid", "value": study}
                body["derivedFrom"] = [{"type": "ImagingStudy", "identifier": identifier}]
            elif name == "method":
                body |= self._method(row, at)
            elif name not in ("institution", "study"):
                members += self._one(name, row, at)
        self.exams[kind] += 1
        if members:
            self._add({**body, "hasMember": members}, path)
            # Two hospitals may give two forms one id: date and study keep their exams apart.
            told = (text(body.get("effectiveDateTime")), study)
            self.found[-1].key = "|".join((f"{self.name}#{kind}[{self.exams[kind]}]", *told))

    def _method(self, row: Json, at: str) -> Json:
        value = value_of("method", row, at, self.reading)
        words = value.get("valueString")
        coded = {"text": words} if words else value.get("valueCodeableConcept")
        return {"method": coded} if coded else {}

    def _lesion(self, concept: str, item: Json, path: str) -> list[Json]:
        """Add the Observations of one lesion: one for each lesion concept that is answered."""
        said = _Lesion()
        if concept != "lesion" and objects(item.get("answer")):
            said.states.append((concept, item, path))
        for name, row, at in self.rows(item, path):
            self._sort(concept, name, row, at, said)
        states = [(n, row, at) for n, row, at in said.states if objects(row.get("answer"))]
        parts = [reference for row in said.parts for reference in self._part(*row)]
        for words, at in said.same_sites:
            body = {"code": self._code("same-site"), "valueString": self._uid(words)}
            parts.append(self._add(body, at))
        if not states:
            if parts:
                what = "nothing is answered on whether the lesion is there: its row is not used"
                self.reading.tell("not-used", what, path)
                del self.found[len(self.found) - len(parts) :]
            return []
        return self._stated(states, parts, said.label or (path if len(states) > 1 else ""))

    def _sort(self, concept: str, name: str, row: Json, at: str, said: _Lesion) -> None:
        if name == "state" and concept != "lesion":
            said.states.append((concept, row, at))
        elif self._kind(name) == "lesion":
            said.states.append((name, row, at))
        elif name == "label":
            said.label = words_of(row, at, self.reading)
        elif name == "same-site":
            said.same_sites += [(words, at) for words in all_words(row)]
        elif name in _CODES or self._kind(name) == "attribute":
            said.parts.append((name, row, at))
        elif objects(row.get("answer")):
            self._nowhere(name, at)

    def _stated(self, states: list[Row], parts: list[Json], label: str) -> list[Json]:
        """Add the concepts of one lesion: an identity joins them, the first holds what is seen."""
        found = []
        for number, (name, row, at) in enumerate(states):
            body = {"code": self._code(name), **value_of(name, row, at, self.reading)}
            if label:
                body["identifier"] = [{"system": "urn:dicom:uid", "value": self._uid(label)}]
            if parts and not number:
                body["hasMember"] = parts
            found.append(self._add(body, at))
        return found

    def _part(self, name: str, row: Json, at: str) -> Iterator[Json]:
        """Add an attribute, or each place that a question on the site is answered with."""
        code = self._code(_CODES.get(name, name))
        if name == "site":
            for answer in answers(row):
                yield self._add({"code": code, **plain(answer)}, at)
        elif value := value_of(name, row, at, self.reading):
            yield self._add({"code": code, **value}, at)

    def _fact(self, name: str, item: Json, path: str) -> list[Json]:
        """Add a fact of an exam or of the patient, by its answer or by its row."""
        value = value_of(name, item, path, self.reading)
        body: Json = {}
        members: list[Json] = []
        comparator = ""
        for part, row, at in self.rows(item, path):
            if part in ("state", name):
                value = value_of(name, row, at, self.reading) or value
            elif part == "date":
                body |= dated(row, at, self.reading)
            elif part == "comparator":
                comparator = self._comparator(row, at)
            elif part == "text" and (words := words_of(row, at, self.reading)):
                body["note"] = [{"text": words}]
            elif self._kind(part) == "attribute":
                members += self._part(part, row, at)
            elif objects(row.get("answer")):
                self._nowhere(part, at)
        if comparator:
            value = self._compared(name, value, comparator, path)
        if name in DATED and not value and "effectiveDateTime" in body:
            value = {"valueBoolean": True}
        if members:
            body["hasMember"] = members
        if not (value or body):
            return []
        return [self._add({"code": self._code(name), **value, **body}, path)]

    def _compared(self, name: str, value: Json, comparator: str, path: str) -> Json:
        quantity = single(value.get("valueQuantity"))
        own = text(quantity.get("comparator"))
        if own and own != comparator:
            what = f"{name} has two comparators: its value is not used"
            self.reading.tell("contradiction", what, path)
            return {"valueQuantity": {}}
        return {"valueQuantity": {**quantity, "comparator": comparator}} if quantity else value

    def _comparator(self, row: Json, at: str) -> str:
        value = value_of("comparator", row, at, self.reading)
        coding = objects(single(value.get("valueCodeableConcept")).get("coding"))
        return text(coding[0].get("code")) if coding else text(value.get("valueString"))

    def _uid(self, label: str) -> str:
        """Return a lesion's tracking UID; one is made of a label, the same in one response."""
        uid = bare(label)
        if _OID.fullmatch(uid) and len(uid) <= 64:
            return uid
        folded = unicodedata.normalize("NFKC", label).casefold()
        return f"2.25.{uuid.uuid5(_NAMESPACE, f'{self.name}|{folded}').int}"

    def _kind(self, name: str) -> str:
        term = self.reading.terms.terms.get(name)
        return term.kind if term is not None else ""

    def _code(self, name: str) -> Json:
        first = self.reading.terms.codings(name)[0]
        return {"coding": [{"system": first.system, "code": first.code}]}

    def _add(self, body: Json, path: str) -> Json:
        id = f"answer-{len(self.found) + 1}"
        head = {"resourceType": "Observation", "id": id, "status": "final"}
        made = Resource(head | self.common | body, path, "Observation", "", self.response)
        made.key = self.response.key
        self.found.append(made)
        return {"reference": f"#{id}"}

    def _nowhere(self, name: str, path: str) -> None:
        self.reading.tell("not-used", f"{name} belongs to nothing that is asked beside it", path)
