"""Where a lesion is: bodySite, BodyStructure and Finding Site components to a site and a side.

Source: contract section 2; criteria section 3; fhir.md sections 1 and 4 (V10, V11).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from adapter.model import SIDES, NamedSite, Site
from adapter.readers.fhir.codes import concept, described
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.references import Index
from adapter.readers.fhir.shapes import Json, bare, extensions, objects, single, text
from adapter.sites import covered, side

BODY_SITE = "http://hl7.org/fhir/StructureDefinition/bodySite"

Placed = tuple[Json, str]
"""An element that names a place, and its path."""


@dataclass(slots=True)
class Places:
    """What names a place: ``parts`` are Finding Sites, ``whole`` bodySite and BodyStructure;
    ``sides`` are lateralities.
    """

    parts: list[Placed] = field(default_factory=list)
    whole: list[Placed] = field(default_factory=list)
    sides: list[Placed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.parts or self.whole or self.sides)

    def take(self, other: "Places") -> None:
        """Add what another one holds."""
        self.parts += other.parts
        self.whole += other.whole
        self.sides += other.sides


def own(resource: Resource, index: Index, uids: list[str], reading: Reading) -> Places:
    """Return the places of an Observation itself; tracking UIDs of a BodyStructure go to `uids`."""
    body, path = resource.body, resource.path
    found = Places()
    for at, value in enumerate(objects(body.get("bodySite"))):
        where = f"{path}.bodySite" + (f"[{at}]" if at else "")
        found.whole.append((value, where))
        _qualified(value, where, found)
        for extension in extensions(value, BODY_SITE):
            _structure(extension, where, resource, index, uids, found, reading)
    for extension in extensions(body, BODY_SITE):
        _structure(extension, f"{path}.extension", resource, index, uids, found, reading)
    if "bodyStructure" in body:
        reference = {"valueReference": single(body["bodyStructure"])}
        where = f"{path}.bodyStructure"
        _structure(reference, where, resource, index, uids, found, reading)
    return found


def _structure(
    extension: Json,
    path: str,
    base: Resource,
    index: Index,
    uids: list[str],
    found: Places,
    reading: Reading,
) -> None:
    """Add what a BodyStructure (STU3: BodySite) says, which an extension or element refers to."""
    coded = single(extension.get("valueCodeableConcept"))
    if coded:
        found.whole.append((coded, path))
    reference = single(extension.get("valueReference"))
    if not reference:
        return
    structure = index.resolve(reference, base)
    if structure is None:
        words = text(reference.get("display"))
        reading.tell("reference-missing", "the body structure is not in the input", path)
        if words:
            found.whole.append(({"text": words}, path))
        return
    body, at = structure.body, structure.path
    if structure.unusable or "modifierExtension" in body or body.get("active") is False:
        reading.tell("not-used", "the body structure may not be used", at)
        return
    uids.extend(tracking(body))
    for key in ("location", "code"):  # R4 BodyStructure, STU3 BodySite
        if key in body:
            found.whole.append((single(body[key]), f"{at}.{key}"))
    for key in ("locationQualifier", "qualifier"):
        found.sides.extend((row, f"{at}.{key}") for row in objects(body.get(key)))
    for number, part in enumerate(objects(body.get("includedStructure"))):
        where = f"{at}.includedStructure[{number}]"
        if "structure" in part:
            found.whole.append((single(part["structure"]), f"{where}.structure"))
        if "laterality" in part:
            found.sides.append((single(part["laterality"]), f"{where}.laterality"))
        found.sides.extend((row, f"{where}.qualifier") for row in objects(part.get("qualifier")))


def tracking(body: Json, *, observed: bool = True) -> list[str]:
    """Return the tracking UIDs among the identifiers of a resource, those said to be it first.

    An Observation UID (0040,A171) identifies as well where there is no other, if `observed`.
    """
    typed: list[str] = []
    plain: list[str] = []
    rest: list[str] = []
    for row in objects(body.get("identifier")):
        value = bare(text(row.get("value")))
        if not value:
            continue
        types = objects(single(row["type"]).get("coding")) if "type" in row else ()
        codes = {text(c.get("code")) for c in types}
        if codes & {"112040", "tracking-uid", "tracking-identifier-uid"}:
            typed.append(value)
        elif text(row.get("system")) == "urn:dicom:uid":
            (rest if codes & {"observation-uid"} else plain).append(value)
    return typed or plain or (rest if observed else [])


def _qualified(value: Json, path: str, found: Places) -> None:
    """Add the sides that extensions of a bodySite state, whatever guide they are of."""
    for extension in objects(value.get("extension")):
        url = text(extension.get("url")).rpartition("/")[2].lower()
        if "lateral" in url or "qualifier" in url:
            coded = extension.get("valueCodeableConcept") or extension.get("valueCoding")
            if coded:
                found.sides.append((single(coded), path))


def placed(places: Places, reading: Reading) -> tuple[Site | None, str | None]:
    """Return the site and the side that are stated; None where nothing is said of them."""
    if not (places.whole or places.sides):
        coded = [_coded(value, reading) for value, _ in places.parts]
        sites = [one for one in coded if one is not None]
        if len(sites) == len(coded):
            return united(sites), None
    return site(places, reading), laterality(places, reading)


def _coded(value: Json, reading: Reading) -> Site | None:
    """Return the site of a component with one code and no words; None for anything else."""
    coded = value.get("valueCodeableConcept")
    if type(coded) is not dict or "text" in coded or "valueString" in value:
        return None
    found = concept(coded, reading).all
    return found[0].term.site if len(found) == 1 else None


def site(places: Places, reading: Reading) -> Site | None:
    """Return the site; None where nothing is said of it.

    Finding Site components hold where bodySite says another site: that is told.
    """
    parts = united([_one(value, path, reading) for value, path in places.parts])
    if parts is None:
        return united([_one(value, path, reading) for value, path in places.whole])
    if places.whole:
        whole = united([_one(value, path, reading, quiet=True) for value, path in places.whole])
        if whole is not None and whole.stated and not _same(parts, whole):
            what = "bodySite and the Finding Site components differ: the components hold"
            reading.tell("site-differs", what, places.whole[0][1])
        if whole is not None and not parts.stated and whole.stated:
            return whole
        if whole is not None and whole.text and _same(parts, whole):
            return replace(parts, text=whole.text)
    return parts


def _same(one: Site, other: Site) -> bool:
    return one.levels == other.levels and one.named == other.named


def _one(value: Json, path: str, reading: Reading, quiet: bool = False) -> Site:
    words = text(value.get("valueString")) or text(value.get("text"))
    coded = single(value.get("valueCodeableConcept")) or value
    words = words or text(coded.get("text"))
    sites = [m.term.site for m in concept(coded, reading).all if m.term.site is not None]
    if sites:
        chosen = _agreed(sites)
        if chosen is not None:
            return chosen
        reading.tell("contradiction", "the codes of one site differ: it is not stated", path)
        return Site(text=words or described(coded))
    if words:
        read = reading.terms.read_site(words)
        if read.unreadable and not quiet:
            what = "part of it" if read.stated else "it"
            reading.tell("site-unreadable", f"{what} is no site of the spine", path)
        return read
    if not quiet:
        reading.tell("site-unreadable", f"{described(coded)} is no site of the spine", path)
    shown = next((text(c.get("display")) for c in objects(coded.get("coding"))), "")
    return Site(text=shown, unreadable=(shown or described(coded),))


def _agreed(sites: list[Site]) -> Site | None:
    """Return the one site that several codes name, the narrowest where each contains it."""
    narrow = min(sites, key=lambda s: len(covered(s)))
    inner = covered(narrow)
    if not all(inner <= covered(one) for one in sites):
        return None
    return next((s for s in sites if covered(s) == inner and s.levels), narrow)


def united(read: list[Site]) -> Site | None:
    """Return the sites as one; None where there is none."""
    if len(read) <= 1:
        return read[0] if read else None
    levels = tuple(sorted({level for one in read for level in one.levels}))
    if not any(one.named or one.text or one.unreadable for one in read):
        return Site(levels=levels)
    named: dict[str, NamedSite] = {n.name: n for one in read for n in one.named}
    return Site(
        levels=levels,
        named=tuple(named[name] for name in sorted(named)),
        text="; ".join(dict.fromkeys(one.text for one in read if one.text)),
        unreadable=tuple(part for one in read for part in one.unreadable if part),
    )


def laterality(places: Places, reading: Reading) -> str | None:
    """Return the one side that is stated; None where none is, or where two differ: that is told."""
    stated = list(_stated(places.sides, reading))
    if not stated:
        stated = list(_worded((*places.parts, *places.whole), reading))
    found = list(dict.fromkeys(name for name, _ in stated))
    if len(found) > 1:
        what = f"one lesion on differing sides ({', '.join(found)}): its side is not used"
        reading.tell("contradiction", what, stated[0][1])
        return None
    return found[0] if found else None


def _stated(sides: Iterable[Placed], reading: Reading) -> Iterable[tuple[str, str]]:
    for value, path in sides:
        coded = single(value.get("valueCodeableConcept")) or value
        names = [m.term.name for m in concept(coded, reading).all if m.term.name in SIDES]
        words = side(text(value.get("valueString")) or text(coded.get("text")))
        if names or words:
            yield from ((name, path) for name in names or [words or ""])
        elif "qualifier" not in path.lower():
            reading.tell("not-mapped", f"{described(coded)} is no side", path)


def _worded(places: Iterable[Placed], reading: Reading) -> Iterable[tuple[str, str]]:
    """Yield the sides that a site's words or further codes name."""
    for value, path in places:
        coded = single(value.get("valueCodeableConcept")) or value
        for match in concept(coded, reading).all:
            if match.term.name in SIDES:
                yield match.term.name, path
        words = side(text(value.get("valueString")) or text(coded.get("text")))
        if words:
            yield words, path
