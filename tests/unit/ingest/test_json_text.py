"""JSON is read quickly where that is surely the same as reading it carefully."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import json_text
from ingest.errors import DataFault
from ingest.json_text import read_json

numbers = st.integers() | st.floats() | st.integers(2**62, 2**65) | st.integers(-(2**65), -(2**62))
leaves = st.none() | st.booleans() | numbers | st.text(max_size=5)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
fragments = st.sampled_from(
    [
        *('{"a":1,', '"a" :2', '"a"\t:', '"b":', "{", "}", "[", "]", ",", '":"', '"\\":"', '"'),
        *("1e999", "NaN", "-0", "18446744073709551616", "-9223372036854775809", ":", " ", "\n"),
        *("\\u003a", "é"),
    ]
)


def outcome(read: Any, payload: bytes) -> str:
    """What was read, with its types; a NaN equals itself here."""
    try:
        return repr(read(payload))
    except DataFault as fault:
        return f"refused: {fault.message}"


@settings(max_examples=300, deadline=None)
@given(documents, st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : "), (",", "\t:")]))
def test_a_document_is_read_as_python_reads_it(
    document: object, separators: tuple[str, str]
) -> None:
    """Value by value and type by type, however it is spaced."""
    payload = json.dumps(document, separators=separators).encode()
    assert outcome(read_json, payload) == outcome(json_text._read_slowly, payload)


@settings(max_examples=300, deadline=None)
@given(st.lists(fragments, max_size=12).map("".join))
@example('{"a":1,"a":2}')
@example('{"a":1,"a" :2}')
@example('{"a":1,"a"\n:2}')
@example('{"b":{"a":1,"a":2},"c":":"}')
@example('[{"a":1},{"a":1,"a":[]}]')
@example('{"a":18446744073709551616}')
@example("[[[-9223372036854775809]]]")
@example('{"a":":","a" :1}')
@example('"\\ud800"')
@example("\ufeff{}")
def test_a_stranger_s_text_is_read_or_refused_as_python_does(text: str) -> None:
    """The same document or the same reason, for what orjson takes otherwise too."""
    payload = text.encode()
    assert outcome(read_json, payload) == outcome(json_text._read_slowly, payload)


def test_a_usual_message_is_read_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own reader is not asked."""
    monkeypatch.setattr(json_text, "_read_slowly", lambda _: pytest.fail("it was asked"))
    content = {"ts": "2026-11-22T10:00:00Z", "seq": 7, "values": {"a": 1.5, "b": [1, 2, {"c": 3}]}}
    assert read_json(json.dumps(content).encode()) == content
    assert read_json(orjson.dumps(content)) == content


def test_no_number_is_let_through() -> None:
    """The caller judges NaN and the infinities."""
    found = read_json(b'{"a": NaN, "b": -Infinity, "c": 1e999}')
    assert isinstance(found, dict)
    assert math.isnan(float(str(found["a"])))
    assert (found["b"], found["c"]) == (-math.inf, math.inf)
