"""Content items of one scope to the statements they make.

A scope is a container, or a finding with its children. What is said in it belongs to the finding
it holds; where it holds several and no group ties them, nothing is guessed.
Source: contract sections 3 and 4; DICOM PS3.16 TID 1501.
"""

from dataclasses import dataclass, replace

from adapter.model import Issue, State
from adapter.readers.dicom_sr.codes import Lookup, described
from adapter.readers.dicom_sr.facts import UNREAD, Said, said
from adapter.readers.dicom_sr.numbers import comparator
from adapter.readers.dicom_sr.parts import Named, Parts, parts
from adapter.sr.content import Item
from adapter.terms import Match, Term
from adapter.terms.concepts import belongs


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What is said beside a finding and belongs to it."""

    sites: tuple[Item, ...] = ()
    lateralities: tuple[Item, ...] = ()
    uids: tuple[Item, ...] = ()
    same_sites: tuple[Item, ...] = ()
    attributes: tuple[Named, ...] = ()
    own: tuple[Named, ...] = ()  # what is said of the finding's own concept
    modifiers: tuple[Item, ...] = ()
    doubts: tuple[Item, ...] = ()

    def __add__(self, other: "Shared") -> "Shared":
        return Shared(
            sites=self.sites + other.sites,
            lateralities=self.lateralities + other.lateralities,
            uids=self.uids + other.uids,
            same_sites=self.same_sites + other.same_sites,
            attributes=self.attributes + other.attributes,
            own=self.own + other.own,
            modifiers=self.modifiers + other.modifiers,
            doubts=self.doubts + other.doubts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A finding on its way to a statement: its concept, its item, and what it says by itself.

    ``said`` is None where its own evaluation could not be used.
    """

    match: Match
    item: Item
    said: Said | None
    implied: bool  # the state is not written: a Finding stands as present
    shared: Shared = Shared()

    @property
    def term(self) -> Term:
        return self.match.term


def drafts(
    found: Parts, is_group: bool, lookup: Lookup, owner: Draft | None = None
) -> tuple[list[Draft], list[Issue]]:
    """Return the findings of a scope, each with what belongs to it.

    Parameters
    ----------
    found : Parts
        The scope's children by role.
    is_group : bool
        Whether everything in the scope is said of one tracked thing.
    lookup : Lookup
        The document's terms.
    owner : Draft, optional
        The finding the scope itself is. It takes what could be its own, and comes first.
    """
    issues = list(found.issues)
    made = [owner] if owner else []
    made += [standing(item, match) for item, match in found.findings]
    own, rest = _own(found.evaluations, made, is_group)
    for entry, extra in _merged(rest, lookup, issues):
        made.append(_evaluation(entry, extra, lookup, issues))
    for i, evaluations in own.items():
        made[i] = replace(made[i], shared=made[i].shared + Shared(own=evaluations))
    return _shared(made, found, is_group, lookup, issues, owner is not None), issues


def absorbed(draft: Draft, lookup: Lookup, issues: list[Issue]) -> Draft:
    """Return the finding with what stands below the evaluations of its own concept."""
    for item, _ in draft.shared.own:
        if not item.children:
            continue
        found = parts(item, lookup)
        issues.extend(found.issues)
        mine = [entry for entry in found.attributes if belongs(entry[1].term, draft.term)]
        issues.extend(_loose(e, 0, lookup) for e in found.attributes if e not in mine)
        below = Shared(
            sites=tuple(found.sites),
            lateralities=(*found.lateralities, *found.topographies),
            attributes=tuple(mine),
            modifiers=tuple(found.modifiers),
        )
        draft = replace(draft, shared=draft.shared + below)
    return draft


def standing(item: Item, match: Match) -> Draft:
    """Return a finding that stands as present unless its own concept is evaluated beside it."""
    return Draft(
        match=match,
        item=item,
        said=Said(state=match.state or State.PRESENT),
        implied=match.state is None,
    )


def _evaluation(
    entry: Named, extra: tuple[Named, ...], lookup: Lookup, issues: list[Issue]
) -> Draft:
    item, match = entry
    value = said(match, item, lookup)
    if isinstance(value, Issue):
        issues.append(value)
    return Draft(
        match=match,
        item=item,
        said=UNREAD if isinstance(value, Issue) else value,
        implied=False,
        shared=Shared(own=extra),
    )


def _own(
    evaluations: list[Named], made: list[Draft], is_group: bool
) -> tuple[dict[int, tuple[Named, ...]], list[Named]]:
    """Return the evaluations that are the own state of a finding, by its index, and the others."""
    own: dict[int, tuple[Named, ...]] = {}
    rest = []
    for entry in evaluations:
        at = [i for i, d in enumerate(made) if d.term.name == entry[1].term.name]
        if len(at) == 1 or (at and is_group):
            own.update({i: (*own.get(i, ()), entry) for i in at})
        else:
            rest.append(entry)
    return own, rest


def _merged(
    evaluations: list[Named], lookup: Lookup, issues: list[Issue]
) -> list[tuple[Named, tuple[Named, ...]]]:
    """Return the evaluations that stand alone, each with the words or sign that complete it.

    A comparator completes the only pressure, words the only other brain sign beside them.
    """
    extras = [entry for entry in evaluations if completes(entry, lookup)]
    alone = [entry for entry in evaluations if entry not in extras]
    found: list[tuple[Named, tuple[Named, ...]]] = []
    for entry in alone:
        name = entry[1].term.name
        mine = tuple(e for e in extras if e[1].term.name == name)
        only = sum(1 for e in alone if e[1].term.name == name) == 1
        found.append((entry, mine if only else ()))
    taken = [e for _, mine in found for e in mine]
    for item, match in (e for e in extras if e not in taken):
        text = f"words of {match.term.name} that belong to no single {match.term.name}"
        issues.append(lookup.issue(item, "not-used", text))
    return found


def completes(entry: Named, lookup: Lookup) -> bool:
    """Return whether an item only completes another: a comparator, or the words of a brain sign."""
    item, match = entry
    if not isinstance(item.value, str) or item.value_type != "TEXT":
        return False
    if match.term.name == "csf-pressure":
        return bool(comparator(item.value))
    return match.term.name == "other-brain" and lookup.terms.state_word(item.value) is None


def _shared(
    made: list[Draft],
    found: Parts,
    is_group: bool,
    lookup: Lookup,
    issues: list[Issue],
    owned: bool,
) -> list[Draft]:
    """Return the findings with sites, sides, UIDs and attributes of the scope given to them."""
    given = {i: Shared() for i in range(len(made))}
    targets = _targets(made, is_group, owned)
    place = Shared(
        sites=tuple(found.sites),
        lateralities=(*found.lateralities, *found.topographies),
        uids=() if found.kinds else tuple(found.uids),
        same_sites=tuple(found.same_sites),
    )
    for i in targets:
        given[i] += place
    for i in [0] if owned else range(len(made)) if is_group else ():
        given[i] += Shared(modifiers=tuple(found.modifiers), doubts=tuple(found.doubts))
    loose = next(iter((*place.sites, *place.uids, *place.same_sites)), None)
    if loose and not targets and any(draft.term.kind == "lesion" for draft in made):
        issues.append(
            lookup.issue(
                loose, "not-used", f"{described(loose.name)} stands beside several findings"
            )
        )
    for entry in found.attributes:
        fitting = [i for i, d in enumerate(made) if belongs(entry[1].term, d.term)]
        if owned and 0 in fitting:
            fitting = [0]
        if place.uids:  # one tracked thing: its attributes are told once for each exam kind
            fitting = list({made[i].term.exams: i for i in reversed(fitting)}.values())
        if len(fitting) == 1 or (fitting and is_group):
            for i in fitting:
                given[i] += Shared(attributes=(entry,))
        else:
            issues.append(_loose(entry, len(fitting), lookup))
    return [replace(draft, shared=draft.shared + given[i]) for i, draft in enumerate(made)]


def _targets(made: list[Draft], is_group: bool, owned: bool) -> list[int]:
    """Return which findings a site or a tracking UID beside them is of."""
    if owned:
        return [0]
    lesions = [i for i, draft in enumerate(made) if draft.term.kind == "lesion"]
    return lesions if is_group or len(lesions) == 1 else []


def _loose(entry: Named, fitting: int, lookup: Lookup) -> Issue:
    item, match = entry
    why = "several findings it could be of" if fitting else "no finding it could be of"
    # What was said of a finding is lost: silence on it must not count as read.
    return lookup.issue(item, "not-used", f"{match.term.name} stands beside {why}", "error")
