"""A value is a frozen dataclass in everything but the time it takes to make one."""

import copy
import inspect
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from adapter.model import Source, State, Statement
from adapter.model.value import maker, value


@value
class Point:
    x: int
    name: str = "p"
    seen: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    x: int
    name: str = "p"
    seen: Mapping[str, int] = field(default_factory=dict)


@value
class Late:
    name: str = "p"
    x: int


WAYS: list[Callable[..., Any]] = [Point, maker(Point)]


@pytest.mark.parametrize("make", WAYS)
def test_what_is_left_out_has_its_default(make: Callable[..., Any]) -> None:
    made = make(x=1)
    assert (made.x, made.name, made.seen) == (1, "p", {})
    assert type(made) is Point


@pytest.mark.parametrize("make", WAYS)
def test_what_is_given_stands(make: Callable[..., Any]) -> None:
    made = make(x=1, name="q", seen={"a": 1})
    assert (made.x, made.name, made.seen) == (1, "q", {"a": 1})


@pytest.mark.parametrize("make", WAYS)
def test_a_default_that_is_made_is_made_anew(make: Callable[..., Any]) -> None:
    assert make(x=1).seen is not make(x=1).seen


@pytest.mark.parametrize("make", WAYS)
def test_no_field_can_be_changed_removed_or_added(make: Callable[..., Any]) -> None:
    made = make(x=1)
    with pytest.raises(FrozenInstanceError):
        made.x = 2
    with pytest.raises(FrozenInstanceError):
        del made.x
    with pytest.raises((AttributeError, TypeError)):
        made.other = 1
    assert made.x == 1
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("make", WAYS)
@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({}, "missing 1 required .* argument: 'x'"),
        ({"x": 1, "y": 2}, "unexpected keyword argument 'y'"),
    ],
)
def test_wrong_arguments_are_refused(
    make: Callable[..., Any], named: dict[str, int], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        make(**named)


def test_a_class_takes_names_only() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        Point(1)  # type: ignore[call-arg]


def test_a_maker_takes_the_fields_in_their_order() -> None:
    assert maker(Source)("d", "i", "1.2") == Source(document="d", id="i", path="1.2")


def test_a_maker_takes_names_only_where_a_needed_field_comes_late() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        maker(Late)("n", 1)
    assert maker(Late)(x=1) == Late(x=1)


@pytest.mark.parametrize("make", WAYS)
def test_values_are_equal_where_their_fields_are(make: Callable[..., Any]) -> None:
    assert make(x=1) == Point(x=1, name="p", seen={})
    assert make(x=1) != Point(x=2)
    assert make(x=1) != Plain(x=1)


def test_equal_values_have_one_hash() -> None:
    made = maker(Source)(document="d", path="1")
    assert hash(made) == hash(Source(document="d", path="1"))
    assert {made, Source(document="d", path="1")} == {made}


@pytest.mark.parametrize("make", WAYS)
def test_a_copy_may_differ_in_a_field(make: Callable[..., Any]) -> None:
    changed = replace(make(x=1, name="q"), x=2)
    assert changed == Point(x=2, name="q")
    with pytest.raises(FrozenInstanceError):
        changed.x = 3


@pytest.mark.parametrize("make", [Statement, maker(Statement)])
@pytest.mark.parametrize(
    "through", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_a_value_is_copied_whole(make: Callable[..., Any], through: Callable[[Any], Any]) -> None:
    made = make(concept="epi-fluid", state=State.ABSENT, source=Source(document="d"), uid="1.2")
    assert through(made) == made
    assert type(through(made)) is Statement


def test_a_value_is_told_as_a_dataclass_is() -> None:
    assert repr(Point(x=1)) == repr(Plain(x=1)).replace("Plain", "Point")
    assert [f.name for f in fields(Point)] == [f.name for f in fields(Plain)]  # type: ignore[arg-type]
    assert list(inspect.signature(Point).parameters) == ["x", "name", "seen"]
