"""A graded case's texts, made once: resources, narrative and Provenance say the same words."""

from dataclasses import dataclass

from adapter.model import Graded
from adapter.terms import Terms
from adapter.writers import text

LANGUAGES = ("ja", "en")
"""The order in which both are told."""


@dataclass(frozen=True, slots=True)
class Words:
    """Texts by the conclusion's place in the case: headline and trail in the output's language,
    the summary in both; ``notes`` are the report's, in both. ``told`` is what the trails said
    of steps and subjects.
    """

    lang: str
    headlines: tuple[str, ...]
    trails: tuple[str, ...]
    summaries: dict[str, tuple[str, ...]]
    notes: dict[str, tuple[str, ...]]
    told: text.Told


def words(graded: Graded, terms: Terms, lang: str) -> Words:
    """Return the texts of a graded case."""
    of = graded.conclusions
    told: text.Told = {}
    return Words(
        lang=lang,
        headlines=tuple(text.headline(c, terms, lang) for c in of),
        trails=tuple("\n".join(text.trail(graded, c, terms, lang, told)) for c in of),
        summaries={
            each: tuple(text.summary(graded, c, terms, each) for c in of) for each in LANGUAGES
        },
        notes={each: text.notes(graded, terms, each) for each in LANGUAGES},
        told=told,
    )
