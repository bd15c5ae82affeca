"""Words of documents as text and nothing else: no control characters, nothing invisible."""

from __future__ import annotations

import regex

_UNSEEN = regex.compile(r"[\p{Cf}\p{Cn}\p{Co}\p{Cs}]+")
"""Bidirectional and zero-width marks, soft hyphens, tags, and what is no character at all."""
_CONTROL = regex.compile(r"[\p{Cc}--\n\t]", regex.V1)
_BREAK = regex.compile(r"\r\n?|[\u2028\u2029\u0085\x0b\x0c]")
SHOWN_CONTROL = "\ufffd"


def plain(text: str) -> str:
    """The text as a person sees it: invisible marks left out, control characters made visible."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return _CONTROL.sub(SHOWN_CONTROL, _UNSEEN.sub("", _BREAK.sub("\n", text)))
