"""What an input holds: a resource, an array, a Bundle, Parameters or NDJSON, to its resources.

Contained resources and nested Bundles are taken out; of a history the newest versions are left.
One bad line or entry costs only itself. Source: FHIR R4 bundle.html, parameters.html,
references.html (contained); FHIR Bulk Data (NDJSON).
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from adapter.errors import AdapterError, LimitExceeded
from adapter.readers.fhir.jsontext import TWICE, parse
from adapter.readers.fhir.reading import Reading, Resource
from adapter.readers.fhir.shapes import Json, many, objects, single, text
from adapter.readers.fhir.versions import newest

_NOT_PLAIN = frozenset({"", "Bundle", "Parameters"})
_NESTED = 8  # Bundles in Bundles, parts in parts: deeper is nobody's document


def is_ndjson(data: bytes) -> bool:
    """Return whether `data` holds a JSON value on each of several lines."""
    first, _, rest = data.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    return (
        first.startswith(b"{")
        and first.rstrip().endswith(b"}")
        and rest.lstrip()[:1] in (b"{", b"[", b'"')
        and rest.strip() != b""
    )


def from_json(data: bytes, reading: Reading) -> list[Resource]:
    """Return the resources of JSON text.

    Raises
    ------
    RefusedInput
        No JSON, or beyond the limits.
    """
    parsed = parse(data, reading.document, reading.options.max_depth)
    for remark in parsed.remarks:
        reading.tell("deviation", f"the input {remark}")
    found = from_value(parsed.value, reading)
    if parsed.twice:
        _mark_twice(found, reading)
    return found


def from_value(value: Any, reading: Reading) -> list[Resource]:
    """Return the resources of a parsed input."""
    return _checked(_walk(value, "", "", 0, reading), reading)


def from_lines(
    lines: Iterable[bytes], reading: Reading, matters: Callable[[Resource], bool] | None = None
) -> list[Resource]:
    """Return the resources of NDJSON, one line at a time; blank lines are nothing.

    Of a line nothing is kept for which `matters` is false of all its resources.
    """

    def resources() -> Iterator[Resource]:
        for index, line in enumerate(lines):
            bare = line.strip()
            if bare:
                found = _line(bare, f"line {index + 1}", reading)
                if matters is None or any(map(matters, found)):
                    yield from found

    return _checked(resources(), reading)


def _line(line: bytes, where: str, reading: Reading) -> list[Resource]:
    try:
        parsed = parse(line, reading.document, reading.options.max_depth)
    except AdapterError as error:
        reading.tell("not-json", f"{error.message}: the line is not used", where, "error")
        return []
    for remark in parsed.remarks:
        reading.tell("deviation", f"the line {remark}", where)
    found = list(_walk(parsed.value, where, "", 0, reading))
    if parsed.twice:
        _mark_twice(found, reading)
    return found


def _checked(found: Iterable[Resource], reading: Reading) -> list[Resource]:
    """Return the resources that are left when each stands in its newest version only."""
    limit = reading.options.max_items
    made = list(islice(found, limit + 1))
    if len(made) > limit:
        raise LimitExceeded(f"more than {limit} resources (max_items)", reading.document)
    return newest(made, reading)


def _walk(value: Any, path: str, url: str, depth: int, reading: Reading) -> Iterator[Resource]:
    """Yield the resources of `value`, which stands at `path` under `url`."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _walk(one, f"{path}[{index}]", "", depth + 1, reading)
        return
    kind = text(value.get("resourceType")) if isinstance(value, dict) else ""
    if not kind:
        reading.tell("deviation", "is no resource: it has no resourceType", path)
        return
    if depth > _NESTED:
        reading.tell("not-used", f"stands in more than {_NESTED} containers", path)
        return
    here = path if path.endswith(("]", "resource")) else f"{path} {kind}".strip()
    if kind == "Bundle":
        yield from _entries(value, here, depth, reading)
    elif kind == "Parameters":
        yield from _parameters(value.get("parameter"), f"{here}.parameter", depth, reading)
    else:
        yield from _resource(value, kind, here, url, reading)


def _resource(body: Json, kind: str, path: str, url: str, reading: Reading) -> Iterator[Resource]:
    made = Resource(body, path, kind, url)
    yield made
    if "contained" not in body:
        return
    for index, inner in enumerate(objects(body["contained"])):
        at = f"{path}.contained[{index}]"
        name = text(inner.get("resourceType"))
        if name:
            yield Resource(inner, at, name, "", made)
        else:
            reading.tell("deviation", "is no resource: it has no resourceType", at)


def _entries(bundle: Json, path: str, depth: int, reading: Reading) -> Iterator[Resource]:
    is_history = text(bundle.get("type")) == "history"
    stem = f"{path}.entry["
    for index, entry in enumerate(many(bundle.get("entry"))):
        if not is_history and type(entry) is dict and "search" not in entry:
            body = entry.get("resource")
            if type(body) is dict and _is_plain(body):
                url = entry.get("fullUrl")
                at = f"{stem}{index}].resource"
                yield Resource(body, at, body["resourceType"], url if type(url) is str else "")
                continue
        at = f"{path}.entry[{index}]"
        if not isinstance(entry, dict):
            reading.tell("deviation", "is no entry", at)
            continue
        url = text(entry.get("fullUrl"))
        resource = entry.get("resource")
        request = single(entry.get("request")) if is_history else {}
        if text(request.get("method")) == "DELETE":
            deleted = _deleted(request, single(resource), url, at)
            deleted.body = _dated(deleted.body, entry)
            deleted.rank = -index
            yield deleted
        elif resource is None or ("search" in entry and _is_outcome(entry)):
            continue
        else:
            for found in _walk(resource, f"{at}.resource", url, depth + 1, reading):
                if is_history and found.parent is None:
                    found.body = _dated(found.body, entry)
                    found.rank = -index  # the newest comes first
                yield found


def _is_plain(body: Json) -> bool:
    """Return whether a resource holds no other."""
    kind = body.get("resourceType")
    return type(kind) is str and kind not in _NOT_PLAIN and "contained" not in body


def _is_outcome(entry: Json) -> bool:
    return text(single(entry["search"]).get("mode")) == "outcome"


def _deleted(request: Json, body: Json, url: str, path: str) -> Resource:
    """Return a stand-in for a resource that a history says is deleted."""
    kind, _, id = text(request.get("url")).rpartition("/")
    kind = text(body.get("resourceType")) or kind.rpartition("/")[2]
    made = Resource({"id": text(body.get("id")) or id, **body}, path, kind, url)
    made.unusable = "deleted"
    return made


def _dated(body: Json, entry: Json) -> Json:
    """Return a history entry's resource with the time its response states, where it states none."""
    meta = single(body.get("meta"))
    modified = single(entry.get("response")).get("lastModified")
    if not modified or meta.get("lastUpdated"):
        return body
    return {**body, "meta": {**meta, "lastUpdated": modified}}


def _parameters(value: Any, path: str, depth: int, reading: Reading) -> Iterator[Resource]:
    if depth > _NESTED:
        reading.tell("not-used", f"stands in more than {_NESTED} containers", path)
        return
    for index, parameter in enumerate(objects(value)):
        at = f"{path}[{index}]"
        if "resource" in parameter:
            yield from _walk(parameter["resource"], f"{at}.resource", "", depth + 1, reading)
        if "part" in parameter:
            yield from _parameters(parameter["part"], f"{at}.part", depth + 1, reading)


def _mark_twice(found: Iterable[Resource], reading: Reading) -> None:
    """Mark the resources in which a key stands twice: which of two values holds, nobody can say."""
    for resource in found:
        for path, keys in _twice(resource.body, resource.path):
            what = f"{', '.join(keys)} stands twice in one object: the resource is not used"
            reading.tell("duplicate-key", what, path, "error")
            resource.unusable = "a key stands twice"


def _twice(value: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, dict):
        if TWICE in value:
            yield path, value[TWICE]
        for key, child in value.items():
            if key != "contained" and key != TWICE and isinstance(child, dict | list):
                yield from _twice(child, f"{path}.{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if isinstance(child, dict | list):
                yield from _twice(child, f"{path}[{index}]")
