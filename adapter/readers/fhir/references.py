"""References to resources: relative, absolute, urn, contained, versioned, logical.

Source: FHIR R4 references.html, bundle.html ("Resolving references in Bundles").
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from adapter.readers.fhir.reading import Resource
from adapter.readers.fhir.shapes import Json, bare, objects, single, text


@dataclass(slots=True, eq=False)
class Index:
    """The resources of an input by all that may name them."""

    by_url: dict[str, Resource] = field(default_factory=dict)
    by_key: dict[str, list[Resource]] = field(default_factory=dict)
    contained: dict[tuple[int, str], Resource] = field(default_factory=dict)
    identified: dict[tuple[str, str, str], Resource] | None = None
    all: list[Resource] = field(default_factory=list)
    kinds: dict[str, list[Resource]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Resource]:
        """Return the resources of a type, in order."""
        return self.kinds.get(kind, [])

    def resolve(self, reference: Json, base: Resource) -> Resource | None:
        """Return what a Reference in `base` points to; None where the input does not hold it."""
        literal = text(reference.get("reference"))
        if not literal:
            return self._logical(reference)
        if literal.startswith("#"):
            owner = base.parent or base
            return owner if literal == "#" else self.contained.get((id(owner), literal[1:]))
        literal = literal.partition("/_history/")[0]
        found = self.by_url.get(literal)
        if found is not None:
            return found
        if "://" in literal:
            return self._without_base(literal)
        return self._relative(literal, base) or self._logical(reference)

    def _relative(self, literal: str, base: Resource) -> Resource | None:
        owner = base.parent or base
        if owner.url.startswith(("http:", "https:")) and "/" in owner.url:
            server = owner.url.rpartition("/")[0].rpartition("/")[0]
            found = self.by_url.get(f"{server}/{literal}")
            if found is not None:
                return found
        same = self.by_key.get(literal, ())
        return same[0] if len(same) == 1 else None

    def _without_base(self, literal: str) -> Resource | None:
        """Return the resource an absolute URL names where the entries themselves have no URL."""
        tail = "/".join(literal.rsplit("/", 2)[-2:])
        same = [r for r in self.by_key.get(tail, ()) if not r.url]
        return same[0] if len(same) == 1 else None

    def _logical(self, reference: Json) -> Resource | None:
        identifier = single(reference.get("identifier"))
        value = text(identifier.get("value"))
        if not value:
            return None
        if self.identified is None:
            self.identified = {}
            for resource in self.all:
                for row in objects(resource.body.get("identifier")):
                    self.identified.setdefault((resource.kind, *_pair(row)), resource)
        kind = text(reference.get("type")).rpartition("/")[2]
        pair = _pair(identifier)
        if kind:
            return self.identified.get((kind, *pair))
        found = [r for (_, *other), r in self.identified.items() if tuple(other) == pair]
        return found[0] if len(found) == 1 else None


def _pair(identifier: Json) -> tuple[str, str]:
    return text(identifier.get("system")), bare(text(identifier.get("value")))


def index(resources: Iterable[Resource]) -> Index:
    """Return the index of an input's resources."""
    made = Index(all=list(resources))
    kinds = made.kinds
    for resource in made.all:
        if resource.kind not in kinds:
            kinds[resource.kind] = []
        kinds[resource.kind].append(resource)
        if resource.parent is not None:
            made.contained.setdefault((id(resource.parent), resource.id.lstrip("#")), resource)
            continue
        if resource.url:
            made.by_url.setdefault(resource.url.partition("/_history/")[0], resource)
        if resource.id:
            made.by_key.setdefault(resource.key, []).append(resource)
    return made


def kind_of(reference: Json) -> str:
    """Return the resource type that a reference names; empty where it does not."""
    literal = text(reference.get("reference")).partition("/_history/")[0]
    parts = literal.split("/")
    if len(parts) >= 2 and parts[-2][:1].isupper():
        return parts[-2]
    return text(reference.get("type")).rpartition("/")[2]


def named(reference: Json) -> str:
    """Return what names a resource that the input does not hold: a literal, else an identifier."""
    literal = text(reference.get("reference")).partition("/_history/")[0]
    if literal:
        return literal
    system, value = _pair(single(reference.get("identifier")))
    return f"{system}|{value}" if value else ""
