"""One prompt file: front matter, a part for the system and one for the user, each a template."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import SettingsFault
from ingest.text_file import read_bytes
from prompting.front_matter import Front, FrontFlaws, read_front
from prompting.templates import Flaw, TemplateFlaws, compiled, filled

if TYPE_CHECKING:
    from jinja2.environment import Template

PARTS = ("System", "User")
MOST_BYTES = 256 * 1024
LONGEST_FRONT = 32 * 1024
_HEADING = re.compile(r"# (\w+)\s*\Z")


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault in a prompt file."""

    path: Path
    line: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message.rstrip('.')}."


class PromptFault(SettingsFault):
    """A prompt file with faults, all of them."""

    def __init__(self, defects: tuple[Defect, ...]) -> None:
        super().__init__("\n".join(str(defect) for defect in defects))
        self.defects = defects


@dataclass(frozen=True, slots=True)
class _Part:
    """The template below one heading."""

    template: Template = field(repr=False, compare=False)
    line: int
    """Of the file, on which the template begins."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language."""

    front: Front
    system: str
    user: str
    path: Path
    hash: str
    """First twelve digits of the SHA-256 of the file."""
    parts: tuple[_Part, ...] = field(repr=False, compare=False)

    @property
    def reference(self) -> str:
        """`id@version#hash`: which words exactly made a summary."""
        return f"{self.front.id}@{self.front.version}#{self.hash}"

    def fill(self, values: Mapping[str, Any]) -> tuple[str, str]:
        """System and user message with the values put in; the examples are the file's own.

        Raises:
            PromptFault: A value does not fit, or the message would be too long.
        """
        given = {"examples": _shown(self.front), **values}
        system, user = (self._filled(part, given) for part in self.parts)
        return system, user

    def _filled(self, part: _Part, values: Mapping[str, Any]) -> str:
        try:
            return filled(part.template, values)
        except TemplateFlaws as fault:
            raise PromptFault(_defects(self.path, fault.flaws, part.line)) from fault


def _shown(front: Front) -> list[Mapping[str, str]]:
    """The examples as a model sees them, the replies as JSON on one line."""
    return [
        {"given": example.given.strip(), "reply": json.dumps(example.reply, ensure_ascii=False)}
        for example in front.examples
    ]


def read_prompt(path: Path) -> Prompt:
    """One prompt file.

    Raises:
        PromptFault: The file is no prompt; the message names file and line of every fault.
    """
    content = _content(path)
    text = _text(path, content)
    head, body, begun = _split(path, text)
    try:
        front = read_front(head)
    except FrontFlaws as fault:
        raise PromptFault(_defects(path, fault.flaws, 2)) from fault
    found = _headed(path, body, begun)
    parts = _parts(path, found, front)
    digest = hashlib.sha256(content).hexdigest()[:12]
    texts = {name: "\n".join(lines).strip() for name, (_, lines) in found.items()}
    prompt = Prompt(front, texts["System"], texts["User"], path, digest, parts)
    _try(prompt)
    return prompt


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        content = b"" if size > MOST_BYTES else read_bytes(path)
    except (OSError, ValueError) as fault:
        words = f"cannot be read: {getattr(fault, 'strerror', None) or fault}"
        raise PromptFault((Defect(path, 1, words),)) from fault
    if max(size, len(content)) > MOST_BYTES:
        words = f"has more than {MOST_BYTES >> 10} KB; no prompt is as long"
        raise PromptFault((Defect(path, 1, words),))
    return content


def _text(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        words = f"is no UTF-8 text: byte 0x{content[fault.start]:02x}; save it as UTF-8"
        raise PromptFault((Defect(path, line, words),)) from fault
    text = text.replace("\r\n", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise PromptFault((Defect(path, line, "holds a zero byte; it is no text"),))
    return text


def _split(path: Path, text: str) -> tuple[str, str, int]:
    """Front matter, what is below it, and the line on which that begins."""
    first, _, rest = text.partition("\n")
    found = re.search(r"^---[ \t]*$", rest, re.M)
    if first.rstrip() != "---" or found is None:
        raise PromptFault((Defect(path, 1, "no front matter between two lines of ---"),))
    head = rest[: found.start()]
    if len(head) > LONGEST_FRONT:
        words = f"front matter of more than {LONGEST_FRONT >> 10} KB"
        raise PromptFault((Defect(path, 2, words),))
    return head, rest[found.end() + 1 :], head.count("\n") + 3


def _headed(path: Path, body: str, begun: int) -> Mapping[str, tuple[int, list[str]]]:
    """The lines below `# System` and `# User`, with the line on which they begin."""
    parts: dict[str, tuple[int, list[str]]] = {}
    lines: list[str] = []
    for number, line in enumerate(body.split("\n"), start=begun):
        heading = _HEADING.match(line)
        if heading and heading[1] in parts:
            words = f"a second heading '# {heading[1]}'"
            raise PromptFault((Defect(path, number, words),))
        if heading and heading[1] in PARTS:
            lines = []
            parts[heading[1]] = (number + 1, lines)
        else:
            lines.append(line)
    for name in PARTS:
        if not "".join(parts.get(name, (0, [""]))[1]).strip():
            at = parts[name][0] if name in parts else begun
            raise PromptFault((Defect(path, at, f"nothing below a heading '# {name}'"),))
    return parts


def _parts(
    path: Path, found: Mapping[str, tuple[int, list[str]]], front: Front
) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    defects: list[Defect] = []
    for name in PARTS:
        line, lines = found[name]
        try:
            parts.append(_Part(compiled("\n".join(lines), front.kind.offered), line))
        except TemplateFlaws as fault:
            defects += _defects(path, fault.flaws, line)
    if defects:
        raise PromptFault(tuple(defects))
    return tuple(parts)


def _try(prompt: Prompt) -> None:
    """Filled on trial, with much and with little, so that no request is the first to fail."""
    sample = prompt.front.kind.sample
    for values in (sample, dict(_bare(sample))):
        prompt.fill(values)


def _bare(sample: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in sample.items():
        yield name, 0 if isinstance(value, int) else type(value)()


def _defects(path: Path, flaws: tuple[Flaw, ...], begun: int) -> tuple[Defect, ...]:
    return tuple(Defect(path, begun + flaw.line - 1, flaw.message) for flaw in flaws)
