"""`andon ingest --forward`, rightly or with a planted mistake: the program that is killed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from ingest import forward
from ingest.outbox import Waiting
from service.cli.main import main


class Hasty(forward.Forwarder):
    """Forgets a record before the centre has confirmed it."""

    def _send(self, part: Sequence[Waiting]) -> None:
        self._outbox.confirm(part, [], datetime.now(UTC))
        self._post(part)


FORWARDERS = {"right": forward.Forwarder, "hasty": Hasty}

if __name__ == "__main__":
    forward.Forwarder = FORWARDERS[sys.argv.pop(1)]  # type: ignore[misc]
    main()
