"""One suite in a process of its own: `python -m tests.bench.child NAME FILE`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench.suites import measured


def main(name: str, into: Path) -> None:
    """Measure and write the figures down."""
    into.write_text(json.dumps([asdict(one) for one in measured(name)]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
