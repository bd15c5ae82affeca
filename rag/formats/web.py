"""A web page to blocks: what a reader sees of it; script, style and what is hidden are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.errors import DataFault
from rag.formats.parsed import Job, Parsed
from rag.formats.plain import MAX_BYTES, decoded
from rag.formats.web_walk import Walk

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_HEAD = 4096
_DROPPED = frozenset(
    """script style noscript template svg math iframe object embed applet canvas audio video map
    nav input select option button textarea datalist head title meta link frame frameset
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,30})")
_LEFT_OPEN = frozenset(
    """p li dt dd td th tr thead tbody tfoot option optgroup colgroup caption body html head
    area base br col embed hr img input link meta param source track wbr
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_DEEPEST = 2000
_META = {"dc.identifier": "id", "dcterms.identifier": "id", "dc.title": "title"}


def read(job: Job) -> Parsed:
    """Blocks of the body; the title and language that the page names are proposals."""
    from selectolax.lexbor import LexborHTMLParser

    text = _text(job.path.read_bytes())
    check_nesting(text)
    tree = LexborHTMLParser(text)
    properties = _properties(tree)
    walk = Walk()
    if tree.body is not None:
        for entering, node in _nodes(tree.body):
            blocks = walk.enter(node) if entering else walk.leave(node)
            for _ in blocks:
                job.meter.counted()
    return Parsed(walk.finished(), properties=properties)


def _text(content: bytes) -> str:
    """The letters of a page, by what it says of its own encoding."""
    said = _CHARSET.search(content[:_HEAD])
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
    if said and not wide and len(content) <= MAX_BYTES:
        try:
            return content.decode(said.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decoded(content, guess=True)


def check_nesting(text: str) -> None:
    """Count how deep elements are nested; what may stay open in a sound page is left out.

    Raises:
        DataFault: deeper than any page that a person wrote.
    """
    depth = deepest = 0
    for closing, name in _TAG.findall(text):
        if name.lower() not in _LEFT_OPEN:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        raise DataFault(
            f"its elements are nested {deepest} deep, more than {_DEEPEST}.",
            remedy="Save it anew, or as PDF.",
        )


def _nodes(body: Any) -> Iterator[tuple[bool, Any]]:
    """Every node that is seen, when it begins and when it ends; however deep it is nested."""
    open_nodes = [body]
    yield True, body
    node = body.child
    while open_nodes:
        if node is None:
            done = open_nodes.pop()
            yield False, done
            node = done.next if open_nodes else None
        elif _is_dropped(node):
            node = node.next
        else:
            yield True, node
            open_nodes.append(node)
            node = node.child


def _is_dropped(node: Any) -> bool:
    if node.tag in _DROPPED or node.tag == "-comment":
        return True
    if node.tag.startswith("-"):
        return False
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return _UNSEEN.search((attributes.get("style") or "")[:2000]) is not None


def _properties(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, node in (("title", tree.css_first("title")), ("language", tree.css_first("html"))):
        if node is not None:
            value = node.text() if name == "title" else node.attributes.get("lang")
            found[name] = " ".join((value or "").split())
    for node in tree.css("meta[name][content]"):
        field = _META.get((node.attributes["name"] or "").lower())
        if field:
            found[field] = " ".join((node.attributes["content"] or "").split())
    return {name: value for name, value in found.items() if value}
