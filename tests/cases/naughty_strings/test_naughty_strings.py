"""Texts that broke other programs are kept as they are, or refused for what is wrong with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.codec import Codec, Message
from ingest.history import DeadLetter, Record
from ingest.sqlite import SqliteHistory
from tests.payload_cases import plant
from tests.sparkplug_packer import INT32, Metric, payload

RECEIVED = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
AT = 1_795_341_600_123


def naughty(data_dir: Path) -> list[str]:
    """The big list, and every line of the lists of injections."""
    folder = data_dir / "bad_input"
    found = json.loads((folder / "blns.json").read_text(encoding="utf-8"))
    for path in sorted((folder / "patt").glob("*")):
        found += path.read_text(encoding="utf-8", errors="replace").splitlines()
    return list(dict.fromkeys(str(text) for text in found))


def test_every_text_is_kept_as_a_value(data_dir: Path, tmp_path: Path) -> None:
    """To the letter, through JSON and the text codec, into the history and out again."""
    texts = naughty(data_dir)
    assert len(texts) > 1000
    codec = Codec(plant())
    records: list[Record] = []
    with SqliteHistory(tmp_path / "h.db") as history:
        for number, text in enumerate(texts):
            content = {"ts": RECEIVED.isoformat(), "seq": number, "values": {"json": text}}
            now = RECEIVED + timedelta(milliseconds=number)
            messages = [
                Message("json/m", json.dumps(content).encode(), now),
                Message("text/m/text", text.encode(), now),
            ]
            for message in messages:
                decoded = codec.decode(message)
                assert decoded.dead == [], text
                records += decoded.records
        history.write(records)
        rows = list(history.export())
    kept = {signal: [r.value for r in rows if r.signal == signal] for signal in ("json", "text")}
    assert sorted(map(str, kept["json"])) == sorted(texts)
    assert sorted(map(str, kept["text"])) == sorted(text.strip() for text in texts)


def test_every_text_as_a_name_is_a_signal_or_a_dead_letter(data_dir: Path, tmp_path: Path) -> None:
    """Never both, never neither; it may stand in a topic, a JSON key and a Sparkplug metric."""
    codec = Codec(plant())
    records: list[Record] = []
    dead: list[DeadLetter] = []
    with SqliteHistory(tmp_path / "h.db") as history:
        for number, text in enumerate(naughty(data_dir)):
            content = {"ts": RECEIVED.isoformat(), "seq": number, "values": {text: 1}}
            metric = payload(Metric(text, 1, INT32), timestamp=AT, seq=number % 256)
            messages = [
                Message("json/m", json.dumps(content).encode(), RECEIVED),
                Message("spBv1.0/g/NDATA/m", metric, RECEIVED),
                Message(f"scalar/m/{text}", b"1", RECEIVED),
                Message(text, b"1", RECEIVED),
            ]
            for message in messages:
                decoded = codec.decode(message)
                assert len(decoded.records) + len(decoded.dead) == 1, text
                records += decoded.records
                dead += decoded.dead
        written = history.write(records, dead)
        assert written.received == len(records) + len(dead)
        for count in history.counters():
            assert count.received == count.stored + count.duplicates + count.dead_lettered
