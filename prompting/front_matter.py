"""The front matter of a prompt file: YAML without its dangers, every fault with its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompting.prompt_kinds import KINDS, Kind
from prompting.templates import Flaw

Language = Literal["en", "de"]
MOST_EXAMPLES = 12


class Example(BaseModel):
    """What a model is shown as a pattern: a request and the reply that is wanted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given: Annotated[str, Field(min_length=1, max_length=4000)]
    reply: dict[str, Any]


class Front(BaseModel):
    """What stands between the dashes at the top of a prompt file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
    version: Annotated[str, Field(pattern=r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")]
    language: Language
    title: Annotated[str, Field(min_length=1, max_length=120)]
    output: Annotated[
        Literal["summary", "fields", "rewrite", "label", "answer", "unaided"], Field(alias="schema")
    ]
    """Name of the form of the reply."""
    style: Literal["operator", "engineer", "handover"] = "operator"
    """For whom a summary is written."""
    reply_tokens: Annotated[int, Field(ge=16, le=8000)] | None = None
    """Longest reply that the prompt asks for; None: that of the settings."""
    statements: Annotated[int, Field(ge=1, le=20)] = 6
    """Most sentences of a summary or an answer."""
    items: Annotated[int, Field(ge=1, le=100)] = 25
    """Most items of evidence or passages shown."""
    tokens: Annotated[int, Field(ge=100, le=100_000)] = 1800
    """Most tokens of evidence shown, by estimate."""
    characters: Annotated[int, Field(ge=20, le=8000)] = 1000
    """Most characters of a note, a text or a passage shown."""
    examples: Annotated[tuple[Example, ...], Field(max_length=MOST_EXAMPLES)] = ()

    @property
    def sections(self) -> bool:
        """Whether every sentence belongs to a section of a handover."""
        return self.style == "handover"

    @property
    def kind(self) -> Kind:
        """What the form of the reply means for template and limits."""
        return KINDS[self.output]


class FrontFlaws(ValueError):
    """Front matter that is not taken, with every reason; lines count from its first."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(flaw.message for flaw in flaws))
        self.flaws = flaws


def read_front(text: str) -> Front:
    """Front matter as it was meant.

    Raises:
        FrontFlaws: it is no YAML, or says what no prompt says.
    """
    node, found = _parsed(text)
    try:
        front = Front.model_validate(found)
    except ValidationError as fault:
        flaws = [_flaw(node, error["loc"], error["msg"]) for error in fault.errors()]
        raise FrontFlaws(*flaws) from fault
    if flaws := [*_foreign(node, front), *_bad_examples(node, front)]:
        raise FrontFlaws(*flaws)
    return front


def _foreign(node: yaml.Node, front: Front) -> list[Flaw]:
    """Limits that mean nothing for this form of reply."""
    said = front.model_fields_set - front.kind.limits - _EVERYWHERE
    words = f"means nothing in a prompt of schema {front.output}"
    return [_flaw(node, (name,), words) for name in sorted(said)]


_EVERYWHERE = {"id", "version", "language", "title", "output", "reply_tokens", "examples"}


def _bad_examples(node: yaml.Node, front: Front) -> list[Flaw]:
    """Examples whose reply does not keep to the schema that the model is held to."""
    from jsonschema import Draft202012Validator

    flaws = []
    for number, example in enumerate(front.examples):
        schema = front.kind.schema_for(example.given, front.statements)
        for fault in Draft202012Validator(schema).iter_errors(example.reply):
            at = ("examples", number, "reply", *fault.absolute_path)
            flaws.append(_flaw(node, at, fault.message[:200]))
    return flaws


class _Loader(yaml.SafeLoader):
    """YAML without aliases, tags and repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """A node, unless it is one of the ways in which a few lines become a million."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases (& and *) are not allowed",
                problem_mark=event.start_mark,
            )
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(
                problem="tags (!) are not allowed", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        """A mapping in which each key stands once."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{name[:60]} stands there twice", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def _parsed(text: str) -> tuple[yaml.Node, Any]:
    """The YAML as nodes, which know their lines, and as values."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as fault:
        line = text.count("\n", 0, int(fault.position)) + 1
        words = f"has a character that YAML does not allow: {fault.character!r}"
        raise FrontFlaws(Flaw(line, words)) from fault
    try:
        node = loader.get_single_node()
        values = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        problem = fault.problem or "is no YAML"
        raise FrontFlaws(Flaw(mark.line + 1 if mark else 1, problem)) from fault
    except RecursionError as fault:
        raise FrontFlaws(Flaw(loader.line + 1, "is nested too deeply")) from fault
    except (ValueError, ArithmeticError) as fault:
        raise FrontFlaws(Flaw(1, f"holds a value that cannot be read: {fault}")) from fault
    if node is None:
        raise FrontFlaws(Flaw(1, "says nothing"))
    return node, values


def _flaw(node: yaml.Node, place: tuple[int | str, ...], words: str) -> Flaw:
    names = [str(step + 1) if isinstance(step, int) else step for step in place]
    name = " ".join(
        ["schema" if names[:1] == ["output"] else names[0], *names[1:]] if names else []
    )
    return Flaw(_line(node, place), f"{name}: {words}" if name else words)


def _line(node: yaml.Node, place: tuple[int | str, ...]) -> int:
    """The line of the innermost node on the way to a place."""
    line = int(node.start_mark.line) + 1
    for step in place:
        found = _child(node, "schema" if step == "output" else step)
        if found is None:
            break
        mark, node = found
        line = int(mark.line) + 1
    return line


def _child(node: yaml.Node, step: int | str) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        pairs: Mapping[str, Any] = {key.value: (key.start_mark, value) for key, value in node.value}
        return pairs.get(str(step))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    return None
