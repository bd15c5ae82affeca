"""Pushing, machines, readings, events, cards, summaries and the figures, over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from ingest.housekeeping import Housekeeping
from ingest.settings import IngestSettings
from ingest.vocabulary import Issue, Quality, Reading
from service.metrics import MOST_SOURCES
from service.parts import Parts

AT = "2026-11-22T11:59:59.5Z"


def _reading(**changes: object) -> dict[str, object]:
    return {"machine": "press-3", "signal": "oil_temp", "value": 61.2, "source_time": AT, **changes}


def test_pushed_readings_are_stored_once(client: TestClient, parts: Parts) -> None:
    """Stored, then known as a duplicate, with the unit of the plant description."""
    first = client.post("/v1/readings", json={"readings": [_reading(sequence=1)]}).json()
    again = client.post("/v1/readings", json={"readings": [_reading(sequence=1)]}).json()
    assert (first["stored"], again["stored"], again["duplicates"]) == (1, 0, 1)
    assert parts.history.latest("press-3")[0].unit == "degC"


def test_one_bad_item_does_not_hold_up_the_others(client: TestClient, parts: Parts) -> None:
    """Each item has its own result, the bad ones are set aside, and the counts balance."""
    items = [
        _reading(sequence=1),
        _reading(machine="press-9"),
        _reading(value={"a": 1}),
        _reading(source_time="yesterday"),
        _reading(value=2**70),
        _reading(source_time="2099-01-01T00:00:00Z"),
        _reading(source_time="1970-01-01T00:00:07Z"),
        "nonsense",
        _reading(sequence=2, value=None),
    ]
    reply = client.post("/v1/readings", json={"readings": items}).json()
    states = [item["status"] for item in reply["items"]]
    assert states == ["accepted", *["rejected"] * 7, "accepted"]
    assert "press-9" in reply["items"][1]["reason"]
    assert "source_time" in reply["items"][3]["reason"]
    assert "is in the future" in reply["items"][5]["reason"]
    assert reply["received"] == 9
    assert reply["stored"] + reply["duplicates"] + reply["dead_lettered"] == 9
    assert len(parts.history.dead_letters(10)) == 7


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 5000])
def test_numbers_that_are_none_are_rejected(client: TestClient, number: str) -> None:
    """What JSON lets through and the history cannot use."""
    body = json.dumps({"readings": [_reading(value="@")]}).replace('"@"', number)
    reply = client.post("/v1/readings", content=body, headers={"Content-Type": "application/json"})
    if reply.status_code == 200:
        assert reply.json()["items"][0]["status"] == "rejected"
    else:
        assert reply.status_code in {400, 422}


def test_points_of_long_ago_say_what_they_stand_for(client: TestClient, parts: Parts) -> None:
    """Readings are gone after a day, the lowest and the highest of each minute are there."""
    for second in range(0, 120, 10):
        when = f"2026-11-20T10:{second // 60:02}:{second % 60:02}Z"
        pushed = _reading(source_time=when, value=float(second), sequence=second)
        client.post("/v1/readings", json={"readings": [pushed]})
    settings = IngestSettings(keep_raw_days=1)
    Housekeeping(parts.history, settings).run_once(datetime(2026, 11, 22, tzinfo=UTC))
    span = {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T11:00:00Z"}
    asked = {"signal": "oil_temp", **span}
    points = client.get("/v1/machines/press-3/readings", params=asked).json()["readings"]
    assert [(point["value"], point["rollup_s"]) for point in points] == [
        (0.0, 60),
        (50.0, 60),
        (60.0, 60),
        (110.0, 60),
    ]


def test_idempotency_key_repeats_the_reply(client: TestClient, parts: Parts) -> None:
    """The same request once; another one under the same key not at all."""
    key = {"Idempotency-Key": "k-1"}
    body = {"readings": [_reading(sequence=1)]}
    first = client.post("/v1/readings", json=body, headers=key)
    again = client.post("/v1/readings", json=body, headers=key)
    assert first.json() == again.json()
    assert parts.history.counters()[0].received == 1
    other = client.post("/v1/readings", json={"readings": [_reading(sequence=2)]}, headers=key)
    assert other.status_code == 422


def test_pushed_events_are_listed(client: TestClient) -> None:
    """In their own words, the code in upper case."""
    event = {
        "machine": "press-3",
        "source_time": AT,
        "code": "e217",
        "severity": "warning",
        "state": "raised",
        "text": "<b>oil</b> hot",
    }
    assert client.post("/v1/events", json={"events": [event]}).json()["stored"] == 1
    found = client.get("/v1/machines/press-3/events").json()["events"]
    assert [(e["code"], e["text"]) for e in found] == [("E217", "<b>oil</b> hot")]


def test_machine_shows_value_limit_and_state(
    client: TestClient, readings: list[Reading], card: Issue
) -> None:
    """The newest value against its limits, the PackML state by name, the open card."""
    state = _reading(signal="state", value=6, source_time="2026-11-22T11:59:59Z")
    hot = _reading(value=70.5)
    client.post("/v1/readings", json={"readings": [state, hot]})
    machine = client.get("/v1/machines/press-3").json()
    assert (machine["state"], machine["issue"], machine["silent"]) == ("execute", card.id, False)
    (signal,) = machine["signals"]
    assert (signal["value"], signal["status"], signal["limits"]["high"]) == (70.5, "high", 65.0)
    assert client.get("/v1/machines").json()["plant"] == "Small plant"


def test_silent_machine_says_so(client: TestClient, parts: Parts) -> None:
    """A value of a minute ago is not shown as if it were of now."""
    client.post("/v1/readings", json={"readings": [_reading(source_time="2026-11-22T11:58:00Z")]})
    machine = client.get("/v1/machines/press-3").json()
    assert machine["silent"]
    assert machine["signals"][0]["status"] == "silent"


def test_readings_are_thinned(client: TestClient, readings: list[Reading]) -> None:
    """At most as many points as asked for, in time order."""
    url = "/v1/machines/press-3/readings"
    found = client.get(url, params={"signal": "oil_temp", "max_points": 10}).json()["readings"]
    assert 2 <= len(found) <= 10
    assert found == sorted(found, key=lambda reading: reading["source_time"])
    assert len(client.get(url, params={"signal": "oil_temp"}).json()["readings"]) == len(readings)


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-11-22T12:00:00Z", "end": "2026-11-22T11:00:00Z"},
        {"start": "2026-11-22T11:00:00"},
        {"end": "0001-01-01T00:00:01Z"},
        {"start": "0001-01-01T00:00:00+14:00"},
        {"max_points": "0"},
    ],
)
def test_senseless_spans_are_refused(client: TestClient, query: dict[str, str]) -> None:
    """Times that run backwards, say no zone or do not exist."""
    reply = client.get("/v1/machines/press-3/readings", params=query)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"


def test_card_is_acknowledged_and_resolved(client: TestClient, card: Issue) -> None:
    """Once; a second resolving is a conflict, an unknown card not found."""
    url = f"/v1/issues/{card.id}"
    assert client.get(url).json()["title"] == "alarm E217"
    seen = client.post(f"{url}/acknowledge", json={"by": "Weber"}).json()
    assert (seen["state"], seen["tags"]["acknowledged_by"]) == ("acknowledged", "Weber")
    assert client.post(f"{url}/acknowledge").json()["tags"]["acknowledged_by"] == "Weber"
    done = client.post(f"{url}/resolve", json={"by": "Weber", "resolution": "cleaned"}).json()
    assert (done["state"], done["resolution"]) == ("resolved", "cleaned")
    for verb in ("acknowledge", "resolve"):
        assert client.post(f"{url}/{verb}").status_code == 409
    for unknown in ("I99999", "x", "I" + "9" * 40, "-1", "%00"):
        assert client.get(f"/v1/issues/{unknown}").status_code == 404
    assert client.get("/v1/issues", params={"state": "open"}).json()["issues"] == []
    assert len(client.get("/v1/issues", params={"machine": "press-3"}).json()["issues"]) == 1


def test_summary_of_a_machine_and_of_a_line(client: TestClient, parts: Parts) -> None:
    """Evidence is computed from the log and numbered through."""
    hot = [
        _reading(value=70.0, source_time=f"2026-11-22T11:{minute:02}:{second:02}Z")
        for minute in (50, 51)
        for second in range(0, 60, 2)
    ]
    client.post("/v1/readings", json={"readings": hot})
    span = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-22T12:00:00Z"}
    found = client.post("/v1/summaries", json={"machine": "press-3", **span}).json()
    assert "limit_violation" in {item["kind"] for item in found["evidence"]}
    ids = [item["id"] for item in found["evidence"]]
    assert found["statements"][0]["evidence"][0] in ids
    assert client.post("/v1/summaries", json={"line": "line-1", **span}).json()["scope"] == "line-1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"line": "line-7"}, 404),
        ({"machine": "press-9"}, 404),
        ({}, 422),
        ({"machine": "press-3", "line": "line-1"}, 422),
        ({"machine": "press-3", "start": "2025-01-01T00:00:00Z"}, 422),
        ({"machine": "press-3", "shift": "late"}, 422),
    ],
)
def test_summary_of_nothing_is_refused(
    client: TestClient, body: dict[str, str], status: int
) -> None:
    """Unknown scopes, two scopes, spans beyond reason, unknown fields."""
    span = {"start": "2026-11-22T11:00:00Z", "end": "2026-11-22T12:00:00Z"}
    assert client.post("/v1/summaries", json={**span, **body}).status_code == status


def test_metrics_prove_the_counts(client: TestClient, card: Issue) -> None:
    """received = stored + duplicates + dead_lettered, per source; cards by state; traffic."""
    for machine in ("press-3", "press-3", "press-9"):
        client.post("/v1/readings", json={"readings": [_reading(machine=machine, sequence=1)]})
    text = client.get("/metrics").text
    for name, count in {"received": 3, "stored": 1, "duplicates": 1, "dead_lettered": 1}.items():
        assert f'andon_ingest_{name}_total{{source="http:open"}} {count}.0' in text
    assert 'andon_issues{state="open"} 1.0' in text
    assert 'route="/v1/readings",status="200"} 3.0' in text
    client.get("/no/such/path")
    for method in ("BREW", "XYZ"):
        client.request(method, "/no/such/path")
    text = client.get("/metrics").text
    assert 'method="GET",route="other",status="404"} 1.0' in text
    assert 'method="other",route="other"' in text
    assert "BREW" not in text


def test_made_up_topics_do_not_flood_the_metrics(client: TestClient, parts: Parts) -> None:
    """The sources that send most are named and stay so; the others are one, and sums are right."""
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def heard(source: str, count: int) -> list[Reading]:
        return [
            Reading("press-3", "oil_temp", 1.0, "degC", Quality.GOOD, at, at, source, number)
            for number in range(count)
        ]

    made_up = [one for number in range(MOST_SOURCES + 5) for one in heard(f"mqtt:{number}", 1)]
    parts.history.write([*made_up, *heard("mqtt:usual", 3)])
    lines = [line for line in client.get("/metrics").text.splitlines() if "ingest_received" in line]
    counts = [float(line.rpartition(" ")[2]) for line in lines if "{" in line]
    assert len(counts) == MOST_SOURCES + 1
    assert sum(counts) == MOST_SOURCES + 5 + 3
    assert 'andon_ingest_received_total{source="mqtt:usual"} 3.0' in lines
    assert 'andon_ingest_received_total{source="others"} 6.0' in lines
    parts.history.write(heard("mqtt:later", 9))
    later = client.get("/metrics").text
    assert 'andon_ingest_received_total{source="others"} 15.0' in later


def test_ready_names_every_part(client: TestClient, readings: list[Reading]) -> None:
    """Without a watch it works with less; data that comes is said to."""
    reply = client.get("/readyz").json()
    states = {part["name"]: part["state"] for part in reply["components"]}
    assert reply["ready"]
    assert reply["open_access"]
    assert states["history"] == "ok"
    assert states["data"] == "ok"
    assert states["watch"] == "degraded"


def test_ready_fails_when_the_history_does(client: TestClient, parts: Parts) -> None:
    """503, and the health of the process is another matter."""
    parts.settings.history_file.unlink()
    parts.history.close()  # type: ignore[attr-defined]
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_ledger_forgets_after_its_time(parts: Parts) -> None:
    """An answer of a season ago is not kept for feedback any more."""
    old = parts.ledger.keep("answer", {"a": 1}, parts.clock() - timedelta(days=91))
    new = parts.ledger.keep("answer", {"a": 2}, parts.clock())
    assert parts.ledger.kept("answer", new) == {"a": 2}
    with pytest.raises(Exception, match="There is no answer"):
        parts.ledger.kept("answer", old)
