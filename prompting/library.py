"""Prompts as files: Markdown with front matter, filled by Jinja2 in its sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import NotKnown, SettingsFault

SHIPPED = Path(__file__).parent / "prompts"
PARTS = ("System", "User")


class Front(BaseModel):
    """What stands between the dashes at the top of a prompt file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    language: Literal["en", "de"]
    title: str
    output: Annotated[Literal["summary"], Field(alias="schema")]
    style: Literal["operator", "engineer", "handover"] = "operator"
    """For whom a summary is written."""
    reply_tokens: Annotated[int, Field(ge=16, le=8000)] | None = None
    """Longest reply that the prompt asks for; None: that of the settings."""
    statements: Annotated[int, Field(ge=1, le=20)] = 6
    """Most sentences of the reply."""
    items: Annotated[int, Field(ge=1, le=100)] = 25
    """Most items of evidence shown."""
    tokens: Annotated[int, Field(ge=100, le=100_000)] = 1800
    """Most tokens of evidence shown, by estimate."""

    @property
    def sections(self) -> bool:
        """Whether every sentence belongs to a section of a handover."""
        return self.style == "handover"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language."""

    front: Front
    system: str
    user: str
    path: Path
    hash: str
    """First twelve digits of the SHA-256 of the file."""

    @property
    def reference(self) -> str:
        """`id@version#hash`: which words exactly made a summary."""
        return f"{self.front.id}@{self.front.version}#{self.hash}"

    def fill(self, values: Mapping[str, Any]) -> tuple[str, str]:
        """System and user message with the values put in.

        Raises:
            SettingsFault: The prompt names a value that it is not given, or breaks the sandbox.
        """
        sandbox = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
        )
        try:
            return (
                sandbox.from_string(self.system).render(values),
                sandbox.from_string(self.user).render(values),
            )
        except TemplateError as fault:
            raise SettingsFault(f"{self.path}: {fault}", remedy="Correct the prompt.") from fault


class PromptLibrary:
    """The shipped prompts, and those of a plant's own folder before them."""

    def __init__(self, own: Path | None = None) -> None:
        if own is not None and not own.is_dir():
            raise SettingsFault(
                f"There is no prompt folder {own}.", remedy="Correct ANDON_PROMPTS_FOLDER."
            )
        self._folders = [SHIPPED] + ([own] if own else [])

    def list(self) -> tuple[Prompt, ...]:
        """Every prompt, by id and language."""
        return tuple(self._prompts[key] for key in sorted(self._prompts))

    def get(self, identity: str, language: str) -> Prompt:
        """One prompt.

        Raises:
            NotKnown: No such prompt, or not in that language.
        """
        prompt = self._prompts.get((identity, language))
        if prompt is None:
            known = ", ".join(f"{name} ({lang})" for name, lang in sorted(self._prompts))
            raise NotKnown(
                f"There is no prompt {identity} in {language}.", remedy=f"Known: {known}."
            )
        return prompt

    @cached_property
    def _prompts(self) -> Mapping[tuple[str, str], Prompt]:
        return {
            (prompt.front.id, prompt.front.language): prompt
            for folder in self._folders
            for prompt in _read_all(folder)
        }


def _read_all(folder: Path) -> Iterator[Prompt]:
    for path in sorted(folder.glob("*.md")):
        yield read_prompt(path)


def read_prompt(path: Path) -> Prompt:
    """One prompt file.

    Raises:
        SettingsFault: The file is no prompt; the message names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsFault(f"{path} cannot be read: {fault}.") from fault
    head, body, offset = _split(path, text)
    parts = _parts(path, body, offset)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Prompt(_front(path, head), parts["System"], parts["User"], path, digest)


def _split(path: Path, text: str) -> tuple[str, str, int]:
    if not text.startswith("---\n") or "\n---\n" not in text[4:]:
        raise SettingsFault(f"{path}:1: no front matter between two lines of ---.")
    head, body = text[4:].split("\n---\n", 1)
    return head, body, head.count("\n") + 4


def _front(path: Path, head: str) -> Front:
    import yaml

    try:
        return Front.model_validate(yaml.safe_load(head))
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 2 if fault.problem_mark else 2
        raise SettingsFault(f"{path}:{line}: {fault.problem}.") from fault
    except ValidationError as fault:
        first = fault.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        lines = [n for n, row in enumerate(head.split("\n"), start=2) if row.startswith(name)]
        line = lines[0] if name and lines else 2
        raise SettingsFault(f"{path}:{line}: {name}: {first['msg']}.") from fault


def _parts(path: Path, body: str, offset: int) -> Mapping[str, str]:
    """The text below each `# Heading`, checked for being a template."""
    parts: dict[str, list[str]] = {}
    name = ""
    begun: dict[str, int] = {}
    for number, line in enumerate(body.split("\n"), start=offset):
        if line.removeprefix("# ") in PARTS and line.startswith("# "):
            name = line.removeprefix("# ")
            begun[name] = number
        elif name:
            parts.setdefault(name, []).append(line)
    missing = [part for part in PARTS if part not in parts]
    if missing:
        raise SettingsFault(f"{path}:{offset}: no heading '# {missing[0]}'.")
    for part, lines in parts.items():
        _compile(path, "\n".join(lines), begun[part])
    return {part: "\n".join(lines).strip() for part, lines in parts.items()}


def _compile(path: Path, template: str, begun: int) -> None:
    from jinja2 import TemplateSyntaxError

    try:
        ImmutableSandboxedEnvironment().parse(template)
    except TemplateSyntaxError as fault:
        raise SettingsFault(f"{path}:{begun + fault.lineno}: {fault.message}") from fault
