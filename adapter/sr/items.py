"""Content items made quickly: half the time of reading a report went into ``Item(...)``.

A frozen dataclass sets each field by a method call of its own; here its slots are filled directly.
"""

from typing import Any

from adapter.sr.content import Code, Item, ItemValue

_set = [Item.__dict__[name].__set__ for name in Item.__slots__]
(
    _path,
    _value_type,
    _relationship,
    _name,
    _value,
    _children,
    _offset,
    _observed,
    _uid,
    _template,
    _by_reference,
    _continuity,
) = _set  # a field more or less stops the import here
_new: Any = object.__new__


def made(
    path: str,
    value_type: str,
    relationship: str,
    name: Code | None,
    value: ItemValue,
    children: tuple[Item, ...],
    offset: int,
    observed: str,
    uid: str,
    template: str,
    continuity: str,
) -> Item:
    """Return ``Item(...)`` with these fields, and no reference."""
    item: Item = _new(Item)
    _path(item, path)
    _value_type(item, value_type)
    _relationship(item, relationship)
    _name(item, name)
    _value(item, value)
    _children(item, children)
    _offset(item, offset)
    _observed(item, observed)
    _uid(item, uid)
    _template(item, template)
    _by_reference(item, ())
    _continuity(item, continuity)
    return item
