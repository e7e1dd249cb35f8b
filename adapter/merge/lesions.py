"""An exam's lesion statements to lesions.

A lesion's identity is its tracking UID within one exam; two statements without one are two
lesions, never merged by site. Source: criteria section 4; contract sections 2 and 3.
"""

from collections.abc import Sequence

from adapter import sites
from adapter.merge.facts import by_concept, fact, places
from adapter.model import Fact, Issue, Lesion, Site, Statement


def form_lesions(statements: Sequence[Statement]) -> tuple[tuple[Lesion, ...], list[Issue]]:
    """Return the lesions in canonical order (concept, site, side, states), and what to tell."""
    by_uid: dict[str, list[Statement]] = {}
    single: list[list[Statement]] = []
    for statement in statements:
        if statement.uid:
            by_uid.setdefault(statement.uid, []).append(statement)
        else:
            single.append([statement])
    lesions, issues = [], []
    for said in (*by_uid.values(), *single):
        lesion, told = _lesion(said)
        lesions.append(lesion)
        issues += told
    return tuple(sorted(lesions, key=_order)), issues


def _lesion(said: Sequence[Statement]) -> tuple[Lesion, list[Issue]]:
    issues: list[Issue] = []
    facts: dict[str, Fact] = {}
    for concept, same in by_concept([*said, *(p for s in said for p in s.parts)]).items():
        facts[concept], told = fact(concept, same)
        issues += told
    site = _site(said, issues)
    sides = sorted({s.laterality for s in said if s.laterality})
    if len(sides) > 1:
        issues.append(_tell(said, "its sides differ; the side is not stated"))
    lesion = Lesion(
        concepts=tuple(sorted({s.concept for s in said})),
        uid=said[0].uid,
        site=site,
        laterality=sides[0] if len(sides) == 1 else None,
        same_site=tuple(sorted({uid for s in said for uid in s.same_site})),
        facts=facts,
        statements=tuple(said),
    )
    return lesion, issues


def _site(said: Sequence[Statement], issues: list[Issue]) -> Site | None:
    """Return the one site stated; a site that is not stated, with its text, where two differ."""
    stated = [s.site for s in said if s.site is not None]
    readable = {(s.levels, s.named): s for s in stated if s.stated}
    if len(readable) > 1:
        issues.append(_tell(said, "one identifier, two sites; its site is not stated"))
        return Site(text=" / ".join(sorted({s.text or sites.label(s) for s in stated})))
    if readable:
        return next(iter(readable.values()))
    return stated[0] if stated else None


def _order(lesion: Lesion) -> tuple[object, ...]:
    states = [(c, f.state.value if f.state else "", f.value or "") for c, f in lesion.facts.items()]
    levels = sorted(sites.covered(lesion.site))
    return lesion.concepts, levels, lesion.laterality or "", sorted(states), lesion.uid or ""


def _tell(said: Sequence[Statement], what: str) -> Issue:
    return Issue(
        severity="warning",
        code="contradiction",
        diagnostics=f"lesion ({places(said)}): {what}",
        document=said[0].source.document,
        expression=said[0].source.path,
    )
