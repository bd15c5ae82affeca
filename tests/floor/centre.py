"""A service with its real app and history and fakes of the three paths: it starts in a second."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from ingest.evidence_settings import EvidenceSettings
from ingest.history import history_path
from ingest.plant import load_plant
from ingest.sqlite import SqliteHistory
from service.access import Access
from service.answer_log import AnswerLog
from service.app import create_app
from service.cards_store import CardStore
from service.database import Database
from service.feed import Feed
from service.instructions import InstructionStore
from service.learning import learning_of
from service.ledger import Ledger
from service.lookout import Lookout
from service.parts import Parts
from service.settings import ServiceSettings
from tests.fakes import FakeClassifier, FakeLibrary, FakeShelf, FakeSummarizer


@contextmanager
def parts_at(
    home: Path, plant_file: Path, *, keys: Path | None = None, reserve_bytes: int = 0
) -> Iterator[Parts]:
    """The parts of a service on that home; nobody watches."""
    plant = load_plant(plant_file)
    path = history_path(home)
    settings = ServiceSettings(home=home)
    shelf = FakeShelf(FakeClassifier({"whin": "pump_worn"}), root=home / "models")
    with SqliteHistory(path, reserve_bytes=reserve_bytes) as history, Database(path) as database:
        yield Parts(
            settings=settings,
            plant=plant,
            history=history,
            cards=CardStore(database),
            instructions=InstructionStore(database),
            ledger=Ledger(database),
            answers=AnswerLog(database),
            lookout=Lookout(plant, history, settings=EvidenceSettings()),
            summarizer=FakeSummarizer(),
            shelf=shelf,
            library=FakeLibrary(),
            access=Access(keys),
            feed=Feed(),
            learning=learning_of(database, shelf, settings),
            disk_reserve_bytes=reserve_bytes,
        )


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    for name in ("--home", "--plant", "--keys"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--certificate", type=Path)
    chosen = parser.parse_args()
    with parts_at(chosen.home, chosen.plant, keys=chosen.keys) as parts:
        uvicorn.run(
            create_app(parts),
            port=chosen.port,
            log_level="warning",
            ssl_certfile=chosen.certificate,
        )


if __name__ == "__main__":
    main()
