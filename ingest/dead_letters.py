"""Trying dead letters again, with the plant as it is described now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.codec import Codec, Message
from ingest.errors import NotKnown
from ingest.history import DeadLetter, History
from ingest.messages import address_of


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of dead letters that were tried again."""

    tried: int = 0
    replayed: int = 0
    stored: int = 0
    duplicates: int = 0


def replay(history: History, codec: Codec, letters: Iterable[DeadLetter]) -> Replayed:
    """Put into the history what can be read by now, in order of receipt; the rest stays."""
    tried = replayed = stored = duplicates = 0
    for letter in sorted(letters, key=lambda letter: letter.received_time):
        tried += 1
        address = address_of(letter.source)
        if address is None:
            continue
        broker, topic = address
        decoded = codec.decode(Message(topic, letter.payload, letter.received_time, broker))
        if decoded.dead:
            continue
        try:
            written = history.replay(letter, decoded.records)
        except NotKnown:  # another replay was faster
            continue
        replayed += 1
        stored += written.stored
        duplicates += written.duplicates
    return Replayed(tried, replayed, stored, duplicates)
