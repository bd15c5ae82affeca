"""Files that somebody wrote by hand, read whole; a device or a flood of bytes is none of them."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

MOST_BYTES = 8 * 2**20
"""Some ten thousand machines, or all registers of a device many times over."""


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises:
        OSError: it cannot be read, is no ordinary file, or is larger than anybody writes one.
        UnicodeDecodeError: it is no UTF-8 text.
    """
    return read_bytes(path).decode("utf-8-sig")


def read_bytes(path: Path) -> bytes:
    """The bytes of such a file; OSError as above."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "It is no ordinary file", str(path))
    with path.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"It has more than {MOST_BYTES >> 20} MB", str(path))
    return content


def is_there(path: Path) -> bool:
    """Whether there is something of that name; False also for a name that no file can have."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True
