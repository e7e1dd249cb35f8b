"""Source to its mutants: one small wrong change each, as a person could make it.

Words are left alone: docstrings, ``ja`` and ``en`` texts, codes. What is changed: the truth, state
or grade that is asked for, how conditions are joined and compared, numbers, and what is listed.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

NAMES = {
    "present": ("absent",), "absent": ("present",), "excluded": ("read",), "read": ("excluded",),
    "all_of": ("any_of",), "any_of": ("all_of",), "conjunction": ("disjunction",),
    "disjunction": ("conjunction",), "min": ("max",), "max": ("min",), "any": ("all",),
    "all": ("any",),
    "precise": ("covered",), "regional": ("covered",), "covered": ("precise",),
    "REFERENCE": ("SUSPECTED",), "SUSPECTED": ("REFERENCE", "HIGHLY_SUSPECTED"),
    "HIGHLY_SUSPECTED": ("SUSPECTED", "DEFINITE"), "DEFINITE": ("HIGHLY_SUSPECTED", "CONFIRMED"),
    "CONFIRMED": ("DEFINITE",), "LYING": ("NOT_LYING",), "NOT_LYING": ("LYING",),
}  # fmt: skip
MEMBERS = {
    "Truth": {"HOLDS": ("OPEN", "FAILS"), "OPEN": ("HOLDS", "FAILS"), "FAILS": ("HOLDS", "OPEN")},
    "State": {
        "PRESENT": ("ABSENT",), "ABSENT": ("PRESENT",), "INDETERMINATE": ("PRESENT", "ABSENT"),
        "NOT_ASSESSED": ("ABSENT", "INDETERMINATE"),
    },
    "Grade": {
        "NONE": ("REFERENCE",), "REFERENCE": ("NONE", "SUSPECTED"),
        "SUSPECTED": ("REFERENCE", "HIGHLY_SUSPECTED"),
        "HIGHLY_SUSPECTED": ("SUSPECTED", "DEFINITE"),
        "DEFINITE": ("HIGHLY_SUSPECTED", "CONFIRMED"), "CONFIRMED": ("DEFINITE",),
    },
}  # fmt: skip
METHODS = {
    "union": "intersection", "isdisjoint": "issubset", "issubset": "isdisjoint",
    "sites.precise": "covered",
}  # fmt: skip
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Mult: ast.Add, ast.Mod: ast.Add, ast.FloorDiv: ast.Mult,
}  # fmt: skip
WORDS = frozenset(("ja", "en", "diagnostics", "code", "rule", "section"))
JOINS = frozenset(("all_of", "any_of", "frozenset", "product"))


@dataclass(frozen=True)
class Mutant:
    """One change of a module: which node it is of, which change of it, and both in words."""

    node: int
    number: int
    line: int
    change: str


def mutants(tree: ast.Module) -> list[Mutant]:
    """Return every mutant of a module, in the order of its lines.

    The same change at another place of one line is told apart by its number: ``1 -> 2 #2``.
    """
    found = [
        Mutant(index, number, node.lineno, _in_words(node, change))
        for index, node in enumerate(_nodes(tree))
        for number, change in enumerate(_changes(node))
    ]
    seen: Counter[tuple[int, str]] = Counter()
    numbered = []
    for mutant in sorted(found, key=lambda m: (m.line, m.node, m.number)):
        place = mutant.line, mutant.change
        seen[place] += 1
        again = f"{mutant.change} #{seen[place]}"
        numbered.append(mutant if seen[place] == 1 else replace(mutant, change=again))
    return numbered


def _in_words(node: ast.expr, change: str) -> str:
    """Return ``old -> new``; of a long list what is left out."""
    elements = getattr(node, "elts", None) or getattr(node, "args", None) or ()
    for element in elements:
        kept = [ast.unparse(e) for e in elements if e is not element]
        if ", ".join(kept) in change and ast.unparse(element) not in change:
            return f"without {ast.unparse(element)[:80]}"
    return f"{ast.unparse(node)} -> {change}"


def mutate(tree: ast.Module, mutant: Mutant) -> ast.Module:
    """Return the tree with a mutant's change made, in place."""
    target = _nodes(tree)[mutant.node]
    changed = ast.parse(list(_changes(target))[mutant.number], mode="eval").body
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, changed)
            elif isinstance(value, list):
                value[:] = [changed if item is target else item for item in value]
    return ast.fix_missing_locations(tree)


def _nodes(tree: ast.AST) -> list[ast.expr]:
    """Return the expressions that may be changed, in a fixed order."""
    found: list[ast.expr] = []
    _collect(tree, found)
    return found


def _collect(node: ast.AST, found: list[ast.expr]) -> None:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Match):
        if isinstance(node, ast.Match):
            for case in node.cases:
                for statement in case.body:
                    _collect(statement, found)
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        if isinstance(node, ast.Subscript) and name == "slice" and _is_type(node):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.keyword) and child.arg in WORDS:
                continue
            if isinstance(child, ast.AST):
                if name in ("test", "ifs") and isinstance(
                    child, ast.Name | ast.Call | ast.Attribute
                ):
                    child.condition = True  # type: ignore[attr-defined]
                if isinstance(child, ast.expr) and list(_changes(child)):
                    found.append(child)
                _collect(child, found)


def _is_type(node: ast.Subscript) -> bool:
    types = {"tuple", "frozenset", "list", "dict", "set", "Mapping", "Callable", "Iterable"}
    return isinstance(node.value, ast.Name) and node.value.id in types


def _changes(node: ast.expr) -> Iterator[str]:
    """Yield the source of everything that may stand in a node's place."""
    if getattr(node, "condition", False):
        yield f"not {ast.unparse(node)}"
    match node:
        case ast.Name(id=name) if isinstance(node.ctx, ast.Load):
            yield from NAMES.get(name, ())
        case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in MEMBERS:
            yield from (f"{owner}.{other}" for other in MEMBERS[owner].get(name, ()))
        case ast.Attribute(value=ast.Name(id="sites"), attr=name) if name in NAMES:
            yield from (f"sites.{other}" for other in NAMES[name])
        case ast.Attribute(attr=name) if name in METHODS:
            yield f"{ast.unparse(node.value)}.{METHODS[name]}"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield from (str(value + 1), str(value - 1))
        case ast.Compare(ops=operators):
            for place, operator in enumerate(operators):
                for other in COMPARISONS.get(type(operator), ()):
                    changed = [*operators[:place], other(), *operators[place + 1 :]]
                    yield ast.unparse(ast.Compare(node.left, changed, node.comparators))
        case ast.BoolOp(op=joined, values=values):
            other = ast.Or() if isinstance(joined, ast.And) else ast.And()
            yield ast.unparse(ast.BoolOp(other, values))
            for left_out in range(len(values)):
                kept = [v for i, v in enumerate(values) if i != left_out]
                yield ast.unparse(ast.BoolOp(joined, kept) if len(kept) > 1 else kept[0])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield ast.unparse(operand)
        case ast.BinOp(op=operator) if type(operator) in OPERATORS:
            other = OPERATORS[type(operator)]()
            yield ast.unparse(ast.BinOp(node.left, other, node.right))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield f"{ast.unparse(orelse)} if {ast.unparse(test)} else {ast.unparse(body)}"
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if isinstance(node.ctx, ast.Load):
            yield from _without_one(node, elements)
        case ast.Call(func=ast.Name(id="Decimal"), args=[ast.Constant(value=str(value))]):
            yield f"Decimal({str(float(value) * 1.01)!r})"
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in JOINS:
            yield from _with_fewer_arguments(node, arguments)
        case _:
            return


def _without_one(node: ast.Tuple | ast.List, elements: list[ast.expr]) -> Iterator[str]:
    texts = [e for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    if len(texts) == 2 == len(elements) and any(not str(t.value).isascii() for t in texts):
        return  # a label in two languages
    for left_out in range(len(elements)):
        kept = [e for i, e in enumerate(elements) if i != left_out]
        yield ast.unparse(type(node)(kept, ast.Load()))


def _with_fewer_arguments(node: ast.Call, arguments: list[ast.expr]) -> Iterator[str]:
    if len(arguments) < 2:
        return
    for left_out in range(len(arguments)):
        kept = [a for i, a in enumerate(arguments) if i != left_out]
        yield ast.unparse(ast.Call(node.func, kept, node.keywords))
