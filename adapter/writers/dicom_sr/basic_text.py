"""A graded case to a TID 2000 report: headings and words, for viewers that know Basic Text SR.

A report to read: no finding of it is coded, so nothing of it is a finding to whoever reads it
back. The words are those of the other outputs. Code Meanings are in the report's language, which
DICOM allows; codes are what a receiver goes by.
Source: DICOM PS3.16 TID 2000, 2002, CID 7000, 7001, 7002; PS3.3 A.35.1 (Basic Text SR IOD).
"""

from collections.abc import Iterable, Iterator

from adapter.model import Conclusion, Graded
from adapter.sr.content import Code, Item
from adapter.writers import text
from adapter.writers.dicom_sr import evaluations, items
from adapter.writers.dicom_sr.items import MODIFIER, Codes
from adapter.writers.dicom_sr.report import observer, procedures
from adapter.writers.dicom_sr.words import Words

_NAMES = {  # code, scheme, Japanese, English
    "title": ("18748-4", "LN", "画像診断報告書", "Diagnostic Imaging Report"),
    "procedures": ("55111-9", "LN", "実施された検査", "Current Procedure Descriptions"),
    "findings": ("59776-5", "LN", "所見", "Findings"),
    "impressions": ("19005-8", "LN", "診断", "Impressions"),
    "conclusions": ("55110-1", "LN", "判定の根拠", "Conclusions"),
    "summary": ("55112-7", "LN", "付記", "Summary"),
    "procedure": ("121065", "DCM", "検査", "Procedure Description"),
    "finding": ("121071", "DCM", "所見", "Finding"),
    "impression": ("121073", "DCM", "診断", "Impression"),
    "conclusion": ("121077", "DCM", "判定の根拠", "Conclusion"),
}
_LANGUAGES = {"ja": Code("ja", "RFC5646", "Japanese"), "en": Code("en", "RFC5646", "English")}
_CONDITIONS = {"csf-leak": "leak", "intracranial-hypotension": "hypo"}
_SHORT = {"not-assessable": "not-assess"}


class Report:
    """Makes the content tree of one graded case in one language."""

    def __init__(self, graded: Graded, codes: Codes, lang: str) -> None:
        self.graded = graded
        self.codes = codes
        self.lang = lang if lang in _LANGUAGES else "ja"
        self.words = Words(graded, codes.terms, self.lang)

    def root(self, version: str, *, signed: bool) -> Item:
        """Return the root container; `signed` leaves out that nobody has signed."""
        sections = (
            self._section("procedures", self._procedures()),
            *self._findings(),
            self._section("impressions", self._impressions(signed)),
            self._section("conclusions", self._conclusions()),
            self._section("summary", self._texts("summary", self.words.frame())),
        )
        return Item(
            "1",
            "CONTAINER",
            name=self._name("title"),
            children=(
                items.coded(self.codes("language"), _LANGUAGES[self.lang], MODIFIER),
                *observer(self.codes, version),
                *procedures(self.graded.case, self.codes),
                *(section for section in sections if section.children),
            ),
            template="2000",
            continuity="SEPARATE",
        )

    def _procedures(self) -> Iterator[Item]:
        for exam in self.graded.case.exams:
            yield self._text("procedure", self.words.exam(exam), evaluations.date_of(exam))

    def _findings(self) -> Iterator[Item]:
        """Yield a section for each exam, and one for what is said of the patient."""
        for at, exam in enumerate(self.graded.case.exams):
            said = (self.words.exam(exam), *self.words.findings(at, exam))
            when = evaluations.date_of(exam)
            yield self._section("findings", self._texts("finding", said), when)
        yield self._section("findings", self._texts("finding", (self.words.patient(),)))

    def _impressions(self, signed: bool) -> Iterator[Item]:
        for index, conclusion in enumerate(self.graded.conclusions):
            yield items.coded(self._name("impression"), self._code(conclusion))
            yield self._text("impression", self.words.headline(index))
        if not signed:
            yield self._text("impression", text.pick(text.UNSIGNED, self.lang))

    def _conclusions(self) -> Iterator[Item]:
        count = range(len(self.graded.conclusions))
        trails, missing = map(self.words.trail, count), map(self.words.missing, count)
        yield from self._texts("conclusion", (*trails, *missing, self.words.cautions()))

    def _section(self, name: str, children: Iterable[Item], observed: str = "") -> Item:
        return items.container(self._name(name), children, observed=observed)

    def _texts(self, name: str, words: Iterable[str]) -> Iterator[Item]:
        return (self._text(name, one) for one in words if one)

    def _text(self, name: str, words: str, observed: str = "") -> Item:
        words = "\n".join(map(_stepped, words.split("\n")))
        # The range dash of T1–T3 is in no Japanese set of old.
        words = words.replace("–", "-") if self.codes.old else words
        return items.text(self._name(name), words, observed=observed)

    def _name(self, name: str) -> Code:
        code, scheme, ja, en = _NAMES[name]
        return Code(code, scheme, self.codes.meaning(text.pick((ja, en), self.lang), en))

    def _code(self, conclusion: Conclusion) -> Code:
        """Return a conclusion as one code, e.g. ``leak-definite``."""
        established = conclusion.established
        name = f"{_CONDITIONS[conclusion.condition]}-{_SHORT.get(established, established)}"
        code, english = self.codes(name), self.codes.terms[name].en
        meaning = self.codes.meaning(self.words.label(name), english)
        return Code(code.value, code.scheme, meaning)


def _stepped(line: str) -> str:
    """Return a line indented by ideographic spaces: what shows it as HTML drops all others."""
    words = line.lstrip(" ")
    return "\u3000" * ((len(line) - len(words)) // 2) + words
