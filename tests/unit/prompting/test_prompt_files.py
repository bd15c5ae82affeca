"""A prompt file is checked as a whole when it is read; every fault has its line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from prompting.library import SHIPPED, read_prompt
from prompting.prompt_file import Prompt, PromptFault

GOOD = """---
id: own-summary
version: 1.2.3
language: en
title: A summary
schema: summary
statements: 4
examples:
  - given: |
      [E0901] spike | warning
    reply:
      headline: {text: "A spike", evidence: [E0901]}
      statements:
        - {text: "{E0901.start}: a spike.", evidence: [E0901]}
---
# System
At most {{ statements }} sentences.
{% for example in examples %}
{{ example.given }} -> {{ example.reply }}
{% endfor %}

# User
What is going on at {{ scope }}?
{% if left_out %}
{{ left_out }} more.
{% endif %}
{{ evidence }}
"""
VALUES = {"scope": "a", "start": "b", "end": "c", "evidence": "d", "left_out": 0, "statements": 4}


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Prompt]:
    """Reads a text as a prompt file."""

    def reading(text: str) -> Prompt:
        path = tmp_path / "own.md"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return read_prompt(path)

    return reading


def faults(read: Callable[[str], Prompt], text: str) -> list[tuple[int, str]]:
    """Line and message of every fault."""
    with pytest.raises(PromptFault) as fault:
        read(text)
    assert all(str(defect).startswith(f"{defect.path}:") for defect in fault.value.defects)
    return [(defect.line, defect.message) for defect in fault.value.defects]


def test_a_good_file_is_filled_with_its_examples(read: Callable[[str], Prompt]) -> None:
    """The examples' replies stand there as JSON; the reference names the file's content."""
    prompt = read(GOOD)
    system, user = prompt.fill(VALUES)
    assert '[E0901] spike | warning -> {"headline": {"text": "A spike"' in system
    assert user == "What is going on at a?\nd"
    assert re.fullmatch(r"own-summary@1\.2\.3#[0-9a-f]{12}", prompt.reference)


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(read: Callable[[str], Prompt]) -> None:
    """Notepad writes both."""
    assert read("\ufeff" + GOOD.replace("\n", "\r\n")).fill(VALUES) == read(GOOD).fill(VALUES)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("---\nid", "id", 1, "no front matter"),
        ("id: own-summary", "id: Own Summary", 2, "id: String should match"),
        ("version: 1.2.3", "version: 1.2", 3, "version: Input should be a valid string"),
        ("version: 1.2.3", 'version: "1.2"', 3, "version: String should match"),
        ("language: en", "language: fr", 4, "language: Input should be 'en' or 'de'"),
        ("language: en", "language: en: de", 4, "mapping values are not allowed here"),
        ("title: A summary", "titel: A summary", 5, "titel: Extra inputs are not permitted"),
        ("schema: summary", "schema: sumary", 6, "schema: Input should be"),
        ("statements: 4", "statements: 400", 7, "statements: Input should be less"),
        ("statements: 4", "characters: 400", 7, "means nothing in a prompt of schema summary"),
        ("statements: 4", "statements: 4\nstatements: 5", 8, "statements stands there twice"),
        ("statements: 4", "statements: &a 4", 7, "anchors and aliases"),
        ("statements: 4", "statements: *a", 7, "anchors and aliases"),
        ("statements: 4", "statements: !!python/object:os.system 4", 7, "tags (!)"),
        ("statements: 4", "statements: 2026-99-99", 2, "cannot be read: month must be"),
        ("statements: 4", "statements: 4\x07", 7, "a character that YAML does not allow"),
        ("statements: 4", f"statements: {'[' * 3000}", 7, "nested too deeply"),
        ("statements: 4", f"statements: {'9' * 5000}", 2, "cannot be read: Exceeds the limit"),
        ("evidence: [E0901]}\n      s", "evidence: [E0902]}\n      s", 12, "'E0902' is not one of"),
        ("      statements:\n", "      sentences:\n", 11, "'statements' is a required property"),
        ('{text: "A spike", ', "{", 12, "'text' is a required property"),
        ("# System", "# Sytem", 16, "nothing below a heading '# System'"),
        ("# User", "# System", 22, "a second heading '# System'"),
        ("{{ scope }}", "{{ scope", 23, "unexpected char"),
        ("{{ scope }}", "{{ scoop }}", 23, "there is no value scoop; did you mean scope?"),
        ("example.given", "example.gven", 19, "example has no field gven; did you mean given?"),
        ("{% endif %}", "", 26, "Unexpected end of template"),
        ("{% if left_out %}", "{% if left_out > 'a' %}", 24, "cannot be filled"),
        ("What is", "What\0is", 23, "holds a zero byte"),
        ("What is", "What \udcff is", 23, "is no UTF-8 text: byte 0xff"),
    ],
)
def test_a_fault_is_named_by_file_and_line(
    read: Callable[[str], Prompt], old: str, new: str, line: int, words: str
) -> None:
    """Front matter, examples, headings and templates; no trace of the inside."""
    assert old in GOOD
    found = faults(read, GOOD.replace(old, new, 1))
    assert [(at, words in message) for at, message in found if words in message], found
    assert abs(next(at for at, message in found if words in message) - line) <= (line == 26)


def test_every_fault_of_a_template_is_named(read: Callable[[str], Prompt]) -> None:
    """One look is enough to mend them all."""
    text = GOOD.replace("{{ scope }}", "{{ a }}").replace("{{ evidence }}", "{{ b }}")
    text = text.replace("{{ statements }}", "{{ c }}")
    assert [line for line, _ in faults(read, text)] == [17, 23, 27]


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(10**9) %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 10**10**10 }}",
        "{{ scope.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ scope['__class__'] }}",
        "{{ scope|attr('__class__') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self }}",
        "{{ scope.upper() }}",
        "{% set a = scope ~ scope %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% for a in scope %}{% endfor %}",
        "{% for a, b in examples %}{% endfor %}",
        "{% for a in examples recursive %}{{ loop(a) }}{% endfor %}",
        "{{ scope|join('aaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }}",
        "{{ scope|join('aaaaaaaaaa')|join('aaaaaaaaaa') }}",
        "{{ scope|center(999999999) }}",
        "{{ scope|replace('a', 'b') }}",
        "{% for a in examples %}" * 3 + "{% endfor %}" * 3,
        "{% if left_out %}" * 20 + "{% endif %}" * 20,
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "not " * 5000 + "1 }}",
        "{% debug %}",
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_a_template_can_neither_run_long_nor_reach_out(
    read: Callable[[str], Prompt], template: str
) -> None:
    """No calls, no arithmetic, no assignment, no attribute that it was not promised."""
    found = faults(read, GOOD.replace("{{ scope }}", template))
    assert found[0][0] in (22, 23)


def test_a_filled_prompt_has_an_end(read: Callable[[str], Prompt]) -> None:
    """Many short loops over what a request brings are cut off and named."""
    prompt = read(GOOD.replace("{{ scope }}", "{{ scope }}" * 40))
    with pytest.raises(PromptFault, match=r"own\.md:\d+: fills more than 500000 characters"):
        prompt.fill({**VALUES, "scope": "x" * 20_000})


@pytest.mark.parametrize("size", [300_000, 100_000_000])
def test_a_file_that_is_no_prompt_by_its_size_is_not_read(tmp_path: Path, size: int) -> None:
    """Not even a hundred megabytes of it."""
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(PromptFault, match="more than 256 KB"):
        read_prompt(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A device or a pipe is no file that somebody wrote."""
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(PromptFault, match="no ordinary file"):
        read_prompt(tmp_path / "pipe.md")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.md")), ids=lambda path: path.name)
def test_the_name_of_a_shipped_file_is_its_id_and_language(path: Path) -> None:
    """So it is found without opening any."""
    front = read_prompt(path).front
    assert path.name == f"{front.id}.{front.language}.md"
