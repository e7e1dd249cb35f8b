"""The answers of one item of a QuestionnaireResponse to a value[x], a date or words.

Source: FHIR R4 questionnaireresponse.html (``item.answer``).
"""

from adapter.readers.fhir.reading import Reading
from adapter.readers.fhir.shapes import Json, objects, single, text
from adapter.terms.concepts import LENGTHS, MEASURED

_UNITS = frozenset({"unit", "code"})
_OURS = "brain-mri."
_MM = {"unit": "mm"}


def answers(item: Json) -> list[Json]:
    """Return the different values of an item's answers."""
    found: list[Json] = []
    for answer in objects(item.get("answer")):
        value = {k: v for k, v in answer.items() if k.lstrip("_").startswith("value")}
        coding = single(value.get("valueCoding"))
        if text(coding.get("display")) and not text(coding.get("code")):
            value = {"valueString": text(coding.get("display"))}  # words in an open choice
        if value and value not in found:
            found.append(value)
    return found


def plain(answer: Json) -> Json:
    """Return one answer as a value[x] of an Observation."""
    if "valueCoding" in answer:
        return {"valueCodeableConcept": {"coding": [answer["valueCoding"]]}}
    if "_valueCoding" in answer:
        return {"_valueCodeableConcept": answer["_valueCoding"]}
    return {"valueDateTime": answer["valueDate"]} if "valueDate" in answer else answer


def value_of(name: str, item: Json, path: str, reading: Reading) -> Json:
    """Return an item's answers as one value[x]; empty where there is none.

    Several codes stand beside each other: whether they agree is the reader's of codes to tell. A
    length without a unit is in millimetres where the question is ours, which says so.
    """
    said = answers(item)
    if len(said) > 1 and all("valueCoding" in answer for answer in said):
        codings = [answer["valueCoding"] for answer in said]
        return {"valueCodeableConcept": {"coding": codings}}
    if len(said) > 1:
        reading.tell("contradiction", f"{name} has several answers: none is taken", path)
        return _undecided(name, reading)
    if not said:
        return {}
    return _measured(name, item, said[0]) if name in MEASURED else plain(said[0])


def _measured(name: str, item: Json, answer: Json) -> Json:
    number = answer.get("valueDecimal", answer.get("valueInteger"))
    quantity = {"value": number} if number is not None else answer.get("valueQuantity")
    if not isinstance(quantity, dict):
        return plain(answer)
    if name in LENGTHS and text(item.get("linkId")).startswith(_OURS):
        return {"valueQuantity": quantity if quantity.keys() & _UNITS else {**quantity, **_MM}}
    return {"valueQuantity": quantity}


def _undecided(name: str, reading: Reading) -> Json:
    if name in MEASURED:
        return {"valueQuantity": {}}
    code = reading.terms.codings("indeterminate")[0]
    return {"valueCodeableConcept": {"coding": [{"system": code.system, "code": code.code}]}}


def all_words(item: Json) -> list[str]:
    """Return the texts and dates that an item is answered with."""
    said = (text(v) for a in answers(item) for k, v in a.items() if k[:5] == "value")
    return list(dict.fromkeys(words for words in said if words))


def words_of(item: Json, path: str, reading: Reading) -> str:
    """Return the one text or date that is answered; empty, told, where there are several."""
    found = all_words(item)
    if len(found) > 1:
        reading.tell("contradiction", "it has several answers: none is taken", path)
    return found[0] if len(found) == 1 else ""


def dated(item: Json, path: str, reading: Reading) -> Json:
    """Return the date that is answered, as the effective date of an Observation."""
    words = words_of(item, path, reading)
    return {"effectiveDateTime": words} if words else {}
