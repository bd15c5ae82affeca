"""What both stores have in common."""

from __future__ import annotations

from ingest.storable import MOST_SERIES, SeriesKey, remember


def test_invented_names_do_not_fill_the_memory() -> None:
    """Ids of series are forgotten before there are too many; the newest are known."""
    known: dict[SeriesKey, int] = {}
    for batch in range(21):
        new = {("press-3", f"s{batch}-{n}", "mqtt:t"): n for n in range(MOST_SERIES // 20)}
        remember(known, new)
        assert len(known) <= MOST_SERIES
        assert known.items() >= new.items()
