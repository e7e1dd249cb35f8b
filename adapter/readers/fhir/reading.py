"""One reading of one input: what every part of the reader shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapter.model import ExamRef, Issue, Source, Unmapped
from adapter.readers.fhir.shapes import Json
from adapter.readers.options import ReadOptions
from adapter.terms import Terms


class Resource:
    """A resource of the input: its body, the element path it stands at, and what names it.

    ``url`` is the entry's fullUrl; ``parent`` the resource that contains it; ``unusable`` why it
    may not be read at all, ``withdrawn`` whether that is because it, or its report, was; ``rank``
    its place in a history, later versions higher; ``code`` what its code means and ``about`` who it
    is of, once asked; ``key`` is ``Type/id``, ``Type/id#contained``, else the fullUrl, else the
    path.
    """

    __slots__ = ("about", "body", "code", "id", "key", "kind", "parent", "path", "rank",
                 "unusable", "url", "withdrawn")  # fmt: skip

    def __init__(
        self, body: Json, path: str, kind: str, url: str = "", parent: "Resource | None" = None
    ) -> None:
        self.body, self.path, self.kind, self.url, self.parent = body, path, kind, url, parent
        self.unusable, self.withdrawn, self.rank = "", False, 0
        self.code: Any = None
        self.about: Any = None
        found = body.get("id")
        self.id = id = found if type(found) is str else ""
        self.key: str = f"{kind}/{id}" if id else url or path
        if parent is not None:
            self.key = f"{parent.key}#{id}"


@dataclass(slots=True)
class Reading:
    """The input's name, the terms, the options, and what was told so far."""

    document: str
    terms: Terms
    options: ReadOptions
    labels: Mapping[str, str]
    concepts: dict[tuple[str, str], Any]
    findings: dict[Any, Any]  # what an Observation says by its code and its value
    pairs: dict[str, dict[Any, Any]]  # by finding: what a component says by its two codes
    issues: dict[tuple[str, str, str], Issue] = field(default_factory=dict)
    owners: dict[tuple[str, str], bool] = field(default_factory=dict)
    subjects: dict[str, Any] = field(default_factory=dict)
    dates: dict[str, str | None] = field(default_factory=dict)
    withdrawn: list[ExamRef] = field(default_factory=list)
    unmapped: list[tuple[Resource, Unmapped]] = field(default_factory=list)
    unread: dict[str, Unmapped] = field(default_factory=dict)  # values of known names, by path
    preliminary: bool = False
    conclusions: int = 0
    zoned: bool = False
    sieved: bool = False  # resources without findings were let go: a missing one tells nothing

    def speak(self, terms: Terms, concepts: tuple[Any, Any, Any]) -> None:
        """Read from here on in other terms: those of the sender's dialect."""
        self.terms, self.labels = terms, terms.labels
        self.concepts, self.findings, self.pairs = concepts

    def keep(self, resource: Resource, what: Unmapped) -> None:
        """Keep what a resource says and no term stands for."""
        self.unmapped.append((resource, what))

    def lose(self, what: str, path: str, code: str = "not-used") -> None:
        """Tell that something of ours was stated and is not taken: the case is incomplete."""
        self.tell(code, what, path, "error")

    def tell(self, code: str, what: str, path: str = "", severity: str = "warning") -> None:
        """Add an issue; the same about the same place, or the same unknown code, only once."""
        key = (code, what, "" if code == "not-mapped" else path)
        if key not in self.issues:
            self.issues[key] = Issue(
                severity=severity,
                code=code,
                diagnostics=what,
                document=self.document,
                expression=path,
            )

    def source(self, resource: Resource, path: str, text: str = "") -> Source:
        """Return where something stands."""
        return Source(document=self.document, id=resource.key, path=path, text=text)
