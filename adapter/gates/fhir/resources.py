"""What an input holds as the rules see it: each resource with its place, and what references name.

Source: FHIR R4 references.html (literal, contained, version-specific), bundle.html#references.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapter.gates.fhir import r4
from adapter.gates.fhir.shapes import Json, objects, text

_LITERAL = re.compile(
    r"(?:(?P<base>https?://\S+?)/)?(?P<kind>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})"
    r"(?:/_history/[A-Za-z0-9.-]{1,64})?(?:\|\S+)?(?:#\S*)?"
)
_SEARCH = re.compile(r"(?:https?://\S+?/)?(?P<kind>[A-Z][A-Za-z]+)\?")
_NEWER = frozenset({"BodyStructure", "ImagingSelection"})


@dataclass(frozen=True, eq=False, slots=True)
class Resource:
    """One resource: ``path`` is where it stands, ``url`` its entry's fullUrl, ``within`` the one
    that contains it, ``bundle`` the Bundle that it is an entry of.
    """

    body: Json
    kind: str
    path: str
    release: str
    url: str = ""
    within: "Resource | None" = None
    bundle: "Resource | None" = None

    @property
    def profiles(self) -> frozenset[str]:
        """The profiles that it claims, without their versions."""
        meta = self.body.get("meta")
        claims = meta.get("profile") if isinstance(meta, dict) else None
        rows = claims if isinstance(claims, list) else [claims]
        return frozenset(text(one).partition("|")[0] for one in rows) - {""}


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference names: its kind (empty where nobody can tell), and the resource if here."""

    kind: str = ""
    resource: Resource | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Held:
    """All resources of one input, found by what references call them."""

    resources: tuple[Resource, ...]
    _named: Mapping[str, Resource] = field(init=False)

    def __post_init__(self) -> None:
        named: dict[str, Resource] = {}
        for one in self.resources:
            if one.within is None:
                for name in (one.url, f"{one.kind}/{text(one.body.get('id'))}"):
                    if name and not name.endswith("/"):
                        named.setdefault(name, one)
        object.__setattr__(self, "_named", named)

    def target(self, reference: Json, of: Resource) -> Target:
        """Return what a Reference names, as told by its text, its resource, or its ``type``."""
        name = text(reference.get("reference"))
        told = text(reference.get("type")).rpartition("/")[2]
        found = self._contained(name, of) if name.startswith("#") else self._named.get(name)
        if found is not None:
            return Target(found.kind, found)
        literal = _LITERAL.fullmatch(name)
        if literal and _is_kind(literal["kind"]):
            url = f"{literal['kind']}/{literal['id']}"
            return Target(literal["kind"], None if literal["base"] else self._named.get(url))
        search = _SEARCH.match(name)
        if search and _is_kind(search["kind"]):
            return Target(search["kind"])
        return Target(told)

    def targets(self, of: Resource, name: str) -> Iterator[tuple[str, Target]]:
        """Yield path and target of each Reference of one element of a resource."""
        value = of.body.get(name)
        rows = value if isinstance(value, list) else [value]
        for index, one in enumerate(rows):
            if isinstance(one, dict):
                at = f"{name}[{index}]" if isinstance(value, list) else name
                yield f"{of.path}.{at}", self.target(one, of)

    def _contained(self, name: str, of: Resource) -> Resource | None:
        holder = of.within or of
        if name == "#":
            return holder
        inner = (r for r in self.resources if r.within is holder)
        return next((r for r in inner if r.body.get("id") == name[1:]), None)


def _is_kind(name: str) -> bool:
    return name in r4.kinds() or name in _NEWER


def walk(body: Json, path: str, release: str) -> Iterator[Resource]:
    """Yield a resource, what it contains, and what a Bundle or Parameters hold."""
    yield from _walk(body, path, release, "", None)


def _walk(
    body: Json, path: str, release: str, url: str, bundle: Resource | None
) -> Iterator[Resource]:
    made = Resource(body, text(body.get("resourceType")), path, release, url, bundle=bundle)
    yield made
    for at, inner in _each(body.get("contained"), f"{path}.contained"):
        yield Resource(inner, text(inner.get("resourceType")), at, release, within=made)
    if made.kind == "Bundle":
        for at, entry in _each(body.get("entry"), f"{path}.entry"):
            for one in objects(entry.get("resource"))[:1]:
                url = text(entry.get("fullUrl"))
                yield from _walk(one, f"{at}.resource", release, url, made)
    elif made.kind == "Parameters":
        yield from _parameters(body, path, release, "parameter")


def _parameters(body: Json, path: str, release: str, name: str) -> Iterator[Resource]:
    for at, part in _each(body.get(name), f"{path}.{name}"):
        for one in objects(part.get("resource"))[:1]:
            yield from _walk(one, f"{at}.resource", release, "", None)
        yield from _parameters(part, at, release, "part")


def _each(value: object, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):  # an array is missing around it, which is another rule's breach
        yield path, value
    elif isinstance(value, list):
        yield from ((f"{path}[{i}]", v) for i, v in enumerate(value) if isinstance(v, dict))
