"""Markdown and plain text from their bytes: which letters they are, then line by line."""

from __future__ import annotations

from ingest.errors import DataFault
from rag.formats.markdown import markdown_blocks, text_blocks
from rag.formats.parsed import Job, Parsed
from rag.formats.sniffing import Content

MAX_BYTES = 8 << 20
_SAMPLE = 64 << 10
_LEGACY = ["cp1252", "cp1250", "cp1251", "gb18030", "shift_jis", "euc_kr", "utf_16_le", "utf_16_be"]


def read(job: Job) -> Parsed:
    """Markdown or text; the front matter is no block."""
    from rag.formats.sniffing import CONTENT_OF
    from rag.metadata import split_front_matter

    content = CONTENT_OF[job.path.suffix.lower()]
    _, body = split_front_matter(decoded(job.path.read_bytes()), source=job.path.name)
    parsed = parsed_text(body, content)
    for _ in parsed.blocks:
        job.meter.counted()
    return parsed


def parsed_text(body: str, content: Content) -> Parsed:
    """The blocks of Markdown or text, and its first heading as a proposal for the title."""
    markdown = content is Content.MARKDOWN
    return Parsed(markdown_blocks(body) if markdown else text_blocks(body))


def decoded(content: bytes, *, guess: bool = False) -> str:
    """The text of some bytes: UTF-8, UTF-16 with its mark, or, when asked to, what it looks like.

    Raises:
        DataFault: it is too long, binary, or in no encoding that is known.
    """
    if len(content) > MAX_BYTES:
        raise DataFault(f"it has more than {MAX_BYTES >> 20} MB of text.", remedy="Split it.")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as fault:
        if not guess:
            raise DataFault(
                f"it is not UTF-8 (byte {fault.start}).", remedy="Save it as UTF-8."
            ) from fault
        text = _guessed(content)
    if "\0" in text:
        raise DataFault("its content is binary, not text.")
    return text


def _guessed(content: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_SAMPLE], cp_isolation=_LEGACY, preemptive_behaviour=True).best()
    try:
        return content.decode(best.encoding if best else "utf-8")
    except UnicodeDecodeError as fault:
        raise DataFault("its encoding is not known.", remedy="Save it as UTF-8.") from fault
