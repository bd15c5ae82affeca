"""`andon docs add` as it is, with an encoder that needs no model; says when the shelf is open."""

from __future__ import annotations

import sys
from pathlib import Path

import service.cli.desk
from service.cli.main import main
from tests.unit.rag.hashing import HashingEncoder


class Telling(service.cli.desk.LibraryDesk):
    """Says that it is open."""

    def __enter__(self) -> Telling:
        sys.stdout.write("open\n")
        sys.stdout.flush()
        return self


if __name__ == "__main__":
    home, inbox = Path(sys.argv[1]), Path(sys.argv[2])
    service.cli.desk.command_encoder = lambda **_: HashingEncoder()  # type: ignore[assignment]
    service.cli.desk.LibraryDesk = Telling  # type: ignore[misc]
    nowhere = str(home / "no-plant.toml")
    sys.argv = ["andon", "docs", "add", str(inbox), "--home", str(home), "--plant", nowhere]
    main()
