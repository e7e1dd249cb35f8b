"""The same-site rule: a spinal MRI and a radionuclide finding at one site, together 確実.

Source: criteria section 2, rule 3; section 3.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapter import sites
from adapter.criteria.cautions import side_caution
from adapter.criteria.findings import Option
from adapter.criteria.logic import Needs
from adapter.criteria.policy import Policy
from adapter.model import Fact, Finding, Grade, Lesion, Need, Note, Step, Truth, Used

SECTION = "画像診断基準"
RULE = "csf-leak.3.same-site"
WORDS = (
    "RI脳槽シンチグラフィーと脊髄MRIの所見が同じ部位にある",
    "Radionuclide and spinal MRI findings at the same site",
)


@dataclass(frozen=True, slots=True)
class GradedLesion:
    """A lesion's finding with its options, its exam kind, and the lesion itself."""

    kind: str
    lesion: Lesion
    finding: Finding
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A spinal MRI finding and a radionuclide finding, and whether their sites are the same."""

    mri: GradedLesion
    ri: GradedLesion
    truth: Truth
    how: str  # levels shared, ``reader``, the policy with both sites, or empty
    needs: Needs

    @property
    def established(self) -> bool:
        """Whether rule 3 holds: same site, one 強疑 with a 強疑 or 疑."""
        grades = (self.mri.finding.established, self.ri.finding.established)
        return self.truth is Truth.HOLDS and together(*grades)

    @property
    def cautions(self) -> tuple[Note, ...]:
        """The caution on opposite sides at a shared level."""
        return side_caution(self.mri.lesion, self.ri.lesion, self.ri.finding.subject)


def together(one: Grade, other: Grade) -> bool:
    """Return whether two grades combine at one site: at least 疑 each, at least one 強疑."""
    weaker, stronger = sorted((one.rank, other.rank))
    return weaker >= Grade.SUSPECTED.rank and stronger >= Grade.HIGHLY_SUSPECTED.rank


def pairs_of(lesions: Sequence[GradedLesion], policy: Policy) -> Iterator[Pair]:
    """Yield the pairs of an MRI and an RI finding that are, or could be, at one site."""
    for mri in (g for g in lesions if g.kind == "spinal-mri" and _could(g)):
        for ri in (g for g in lesions if g.kind == "ri-cisternogram" and _could(g)):
            pair = _pair(mri, ri, policy)
            if pair.truth is not Truth.FAILS:
                yield pair


def _could(graded: GradedLesion) -> bool:
    return graded.finding.possible.rank >= Grade.SUSPECTED.rank


def _pair(mri: GradedLesion, ri: GradedLesion, policy: Policy) -> Pair:
    one, other = mri.lesion, ri.lesion
    if _named(one, other) or _named(other, one):
        return Pair(mri, ri, Truth.HOLDS, "reader", frozenset())
    truth = sites.same_site(one.site, other.site, policy.same_site)
    how = _how(one, other, policy) if truth is Truth.HOLDS else ""
    return Pair(mri, ri, truth, how, _site_needs(mri, ri) if truth is Truth.OPEN else frozenset())


def _how(one: Lesion, other: Lesion, policy: Policy) -> str:
    """Return what made two sites the same: the levels they share, or the policy and both sites."""
    if sites.same_site(one.site, other.site) is Truth.HOLDS:
        return _run(sites.precise(one.site) & sites.precise(other.site))
    both = f"{sites.label(one.site)} / {sites.label(other.site)}"
    return f"same_site={policy.same_site}: {both}"


def one_site(pair: Pair, ri_needs: Needs, policy: Policy) -> bool:
    """Return whether one site of the RI finding can serve its grade and the match alike.

    A site that must lie wholly at cervical and thoracic levels is at no lumbar lesion.
    """
    graded_by_site = any(need.wanted == "cervical-thoracic" for need in ri_needs)
    levels = sites.covered(pair.mri.lesion.site)
    if not graded_by_site or policy.ri_border != "wholly-ct" or not levels:
        return True
    tolerance = policy.same_site if isinstance(policy.same_site, int) else 0
    return min(levels) - tolerance <= max(sites.CERVICAL_THORACIC)


def _named(lesion: Lesion, other: Lesion) -> bool:
    return other.uid is not None and other.uid in lesion.same_site


def _site_needs(mri: GradedLesion, ri: GradedLesion) -> Needs:
    """Return whose site would have to be stated, or stated in levels, for the two to match."""
    return frozenset(
        Need(g.finding.subject, "site", "same-level")
        for g in (mri, ri)
        if not sites.precise(g.lesion.site) or sites.regional(g.lesion.site)
    )


def _run(levels: Iterable[int]) -> str:
    return ", ".join(
        sites.AXIS[a] if a == b else f"{sites.AXIS[a]}–{sites.AXIS[b]}"
        for a, b in sites.runs(levels)
    )


def both_positive(pair: Pair) -> bool:
    """Return whether both findings of a pair are established, 疑 or better."""
    grades = (pair.mri.finding.established, pair.ri.finding.established)
    return all(g.rank >= Grade.SUSPECTED.rank for g in grades)


def pair_step(pair: Pair) -> Step:
    """Return the step of a pair at one site, with the trail of both findings."""
    by_reader = pair.how == "reader"
    site = "読影者の判断" if by_reader else pair.how
    english = "the reader says so" if by_reader else pair.how
    return Step(
        rule=RULE,
        section=SECTION,
        grade=Grade.DEFINITE.value,
        truth=Truth.HOLDS,
        ja=f"{WORDS[0]}({site})",
        en=f"{WORDS[1]} ({english})",
        text_open=(13,) if pair.cautions else (),
        used=tuple(_site_fact(g) for g in (pair.mri, pair.ri)),
        steps=(*pair.mri.finding.trail, *pair.ri.finding.trail),
    )


def _site_fact(graded: GradedLesion) -> Used:
    site = sites.label(graded.lesion.site)
    said = graded.lesion.statements
    return Used(graded.finding.subject, Fact(concept="site", value=site, statements=said))
