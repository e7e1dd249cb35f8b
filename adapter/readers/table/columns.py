"""The columns of a table of findings: their headings in Japanese and English.

One row is a lesion with its attributes, or one fact; what is blank was not said. Attributes have a
column each, headed by their label. Source: criteria section 1; contract section 2.
"""

from dataclasses import dataclass

from adapter.sites import fold
from adapter.terms import Term, Terms

PATIENT = ("patient-id", "issuer", "birth-date", "sex")
EXAM = ("exam", "date", "institution", "study", "accession")
FINDING = ("finding", "state", "site", "side", "lesion", "same-site", "value", "unit", "text")

HEADINGS = {
    "patient-id": ("患者ID", "Patient ID", "患者番号", "ID"),
    "issuer": ("患者IDの発行者", "Issuer of patient ID"),
    "birth-date": ("生年月日", "Birth date", "Date of birth"),
    "sex": ("性別", "Sex", "Gender"),
    "exam": ("検査", "Examination", "検査種別", "Exam"),
    "date": ("日付", "Date", "検査日", "Exam date"),
    "institution": ("検査実施機関", "Institution", "施設"),
    "study": ("Study Instance UID", "検査UID"),
    "accession": ("受付番号", "Accession number", "アクセッション番号"),
    "finding": ("所見", "Finding", "項目"),
    "state": ("有無", "State", "判定"),
    "site": ("部位", "Site", "高位"),
    "side": ("左右", "Side", "側"),
    "lesion": ("病変名", "Lesion", "病変"),
    "same-site": ("同部位の病変", "Same site as lesion", "同じ部位"),
    "value": ("測定値", "Value", "値"),
    "unit": ("単位", "Unit"),
    "text": ("内容", "Text", "備考"),
}
"""Column to its Japanese heading, its English one, and others that are read."""

_NO_COLUMN = frozenset({"exam-ref", "institution", "same-site"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what: ``fields`` by name, ``attributes`` by the term they are of."""

    fields: dict[str, int]
    attributes: dict[int, Term]
    unknown: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    def cell(self, cells: list[str], name: str) -> str:
        """Return a row's cell; empty where it has none."""
        at = self.fields.get(name, -1)
        return cells[at].strip() if 0 <= at < len(cells) else ""


def attributes(terms: Terms) -> tuple[Term, ...]:
    """Return what has a column of its own: the attributes of lesions and of facts."""
    every = terms.terms.values()
    return tuple(t for t in every if t.kind == "attribute" and t.name not in _NO_COLUMN)


def columns(header: list[str], terms: Terms) -> Columns:
    """Return what the cells of a header name; headings that are none are `unknown`."""
    known = {fold(word): name for name, words in HEADINGS.items() for word in words}
    known |= {name: name for name in HEADINGS}
    labels = {fold(w): t for t in attributes(terms) for w in (t.name, t.ja, t.en, *t.words)}
    fields: dict[str, int] = {}
    found: dict[int, Term] = {}
    unknown, twice = [], []
    for at, heading in enumerate(header):
        word = fold(heading)
        if word in known:
            if known[word] in fields:
                twice.append(heading.strip())
            fields.setdefault(known[word], at)
        elif word in labels:
            if labels[word] in found.values():
                twice.append(heading.strip())
            found[at] = labels[word]
        elif word:
            unknown.append(heading.strip())
    return Columns(fields, found, tuple(unknown), tuple(twice))


def is_header(cells: list[str]) -> bool:
    """Return whether a line heads a table of findings: it names a finding and one thing more."""
    words = {fold(cell) for cell in cells}
    named = {name for name, said in HEADINGS.items() if words & {name, *map(fold, said)}}
    return "finding" in named and len(named) > 1


def headings(terms: Terms, lang: str) -> list[str]:
    """Return the headings of the template in one language, in order."""
    at = 1 if lang == "en" else 0
    named = [HEADINGS[name][at] for name in (*PATIENT, *EXAM, *FINDING)]
    return [*named, *(t.en if lang == "en" else t.ja for t in attributes(terms))]
