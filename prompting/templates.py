"""Templates of prompts: so small a part of Jinja2 that none of them can run long or grow large.

What is allowed stands in `_ALLOWED`: values, `if`, `for` over a list that the prompt is given,
comparisons and a few filters. There are no calls, no arithmetic and no assignments, so there is no
`range(10**9)`, no `'a' * 10**9` and no way to the insides of Python; the sandbox is a second fence.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

Offered = Mapping[str, frozenset[str] | None]
"""The values that a template is given: None for a text or a number, else a list of entries with
those fields (no field: a list of texts)."""

MOST_CHARACTERS = 500_000
"""Of a filled template."""
MOST_NESTED = 12
MOST_LOOPS = 2
"""One in the other."""
LONGEST_WORD = 20
"""That a filter is given."""
LOOP = frozenset({"index", "index0", "first", "last", "length"})
FILTERS = (
    *("capitalize", "first", "join", "last", "length", "lower", "round", "title", "trim"),
    "upper",
)
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const),
    *(nodes.If, nodes.For, nodes.CondExpr, nodes.Getattr, nodes.Filter, nodes.Keyword),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg),
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a template, and where."""

    line: int
    """Counted from 1, in the template."""
    message: str


class TemplateFlaws(ValueError):
    """A template that is not taken, with every reason."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(f"line {flaw.line}: {flaw.message}" for flaw in flaws))
        self.flaws = flaws


def compiled(source: str, offered: Offered) -> Template:
    """A template that names only what it is given and uses only what is allowed.

    Raises:
        TemplateFlaws: it does not.
    """
    tree = _parsed(source)
    if flaws := tuple(_flaws(tree, offered)):
        raise TemplateFlaws(*flaws)
    return _environment().from_string(tree)


def _parsed(source: str) -> nodes.Template:
    try:
        return _environment().parse(source)
    except TemplateSyntaxError as fault:
        raise TemplateFlaws(Flaw(fault.lineno, fault.message or "is no template")) from fault
    except RecursionError as fault:
        raise TemplateFlaws(Flaw(1, "is nested too deeply")) from fault
    except ValueError as fault:
        raise TemplateFlaws(Flaw(1, f"holds a number that cannot be read: {fault}")) from fault


def filled(template: Template, values: Mapping[str, Any]) -> str:
    """The template with the values put in.

    Raises:
        TemplateFlaws: a value does not fit, or the result would be too long.
    """
    pieces: list[str] = []
    room = MOST_CHARACTERS
    try:
        for piece in template.generate(values):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                raise TemplateFlaws(Flaw(1, f"fills more than {MOST_CHARACTERS} characters"))
    except (TemplateError, TypeError, ArithmeticError) as fault:
        raise TemplateFlaws(Flaw(_line(fault), f"cannot be filled: {fault}")) from fault
    return "".join(pieces).strip()


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    found = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    found.globals.clear()
    found.tests.clear()
    found.filters = {name: found.filters[name] for name in FILTERS}
    return found


def _line(fault: Exception) -> int:
    """Jinja2 puts the template's own lines into the trace."""
    trace, line = fault.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


@dataclass(frozen=True, slots=True)
class _Scope:
    """The names that can be used at a place."""

    offered: Offered
    entries: Mapping[str, frozenset[str]]
    """Loop variables with the fields of what they stand for."""
    depth: int = 0
    loops: int = 0

    def within(self, node: nodes.For) -> _Scope:
        """Inside that loop."""
        entries = dict(self.entries)
        if isinstance(node.target, nodes.Name) and isinstance(node.iter, nodes.Name):
            entries[node.target.name] = self.offered.get(node.iter.name) or frozenset()
            entries["loop"] = LOOP
        return _Scope(self.offered, entries, self.depth, self.loops + 1)

    def deeper(self) -> _Scope:
        """Inside a node."""
        return _Scope(self.offered, self.entries, self.depth + 1, self.loops)


def _flaws(node: nodes.Node, offered: Offered) -> Iterator[Flaw]:
    waiting: list[tuple[nodes.Node, _Scope]] = [(node, _Scope(offered, {}))]
    while waiting:
        node, scope = waiting.pop(0)
        if scope.depth > MOST_NESTED:
            yield Flaw(node.lineno, "is nested too deeply")
            return
        message = _flaw(node, scope)
        if message:
            yield Flaw(node.lineno, message)
            continue
        waiting += _inside(node, scope.deeper())


def _inside(node: nodes.Node, scope: _Scope) -> Iterator[tuple[nodes.Node, _Scope]]:
    if not isinstance(node, nodes.For):
        yield from ((child, scope) for child in node.iter_child_nodes())
        return
    inner = scope.within(node)
    yield from ((child, inner) for child in (*node.body, *filter(None, [node.test])))
    yield from ((child, scope) for child in node.else_)


def _flaw(node: nodes.Node, scope: _Scope) -> str:
    """Why this node is not taken; empty if it is."""
    if isinstance(node, nodes.Name):
        return _name_flaw(node.name, scope)
    if isinstance(node, nodes.For):
        return _loop_flaw(node, scope)
    if isinstance(node, nodes.Getattr):
        return _field_flaw(node, scope)
    if isinstance(node, nodes.Filter):
        return _filter_flaw(node)
    if isinstance(node, nodes.Const) and not isinstance(node.value, str | int | float | None):
        return "only texts and numbers can be written out"
    if not isinstance(node, _ALLOWED):
        return f"{type(node).__name__} is not allowed in a prompt"
    return ""


def _name_flaw(name: str, scope: _Scope) -> str:
    if name in scope.offered or name in scope.entries:
        return ""
    return f"there is no value {name}{_hint(name, (*scope.offered, *scope.entries))}"


def _loop_flaw(node: nodes.For, scope: _Scope) -> str:
    lists = [name for name, fields in scope.offered.items() if fields is not None]
    if not isinstance(node.target, nodes.Name) or node.recursive:
        return "a loop has one name and does not call itself"
    if scope.loops == MOST_LOOPS:
        return f"more than {MOST_LOOPS} loops in one another"
    if not isinstance(node.iter, nodes.Name) or node.iter.name not in lists:
        return f"a loop goes over one of the lists that are given: {', '.join(lists) or 'none'}"
    return ""


def _field_flaw(node: nodes.Getattr, scope: _Scope) -> str:
    if not isinstance(node.node, nodes.Name):
        return f"nothing here has a field {node.attr}"
    fields = scope.entries.get(node.node.name, frozenset())
    if node.attr in fields:
        return ""
    return f"{node.node.name} has no field {node.attr}{_hint(node.attr, sorted(fields))}"


def _filter_flaw(node: nodes.Filter) -> str:
    if not isinstance(node.node, nodes.Name | nodes.Getattr):
        return "a filter stands behind a value, and only one"
    if node.kwargs or not all(
        isinstance(given, nodes.Const) and len(str(given.value)) <= LONGEST_WORD
        for given in node.args
    ):
        return "a filter is given short words or numbers only"
    if node.name not in FILTERS:
        return f"there is no filter {node.name}; known: {', '.join(FILTERS)}"
    return ""


def _hint(name: str, known: tuple[str, ...] | list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known: {', '.join(known)}" if known else ""
