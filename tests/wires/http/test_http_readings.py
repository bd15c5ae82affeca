"""Which signals a question for readings is about."""

from __future__ import annotations

from starlette.testclient import TestClient

AT = "2026-11-22T11:59:59.5Z"


def test_signals_that_the_plant_does_not_describe_are_among_all(client: TestClient) -> None:
    """Without a signal in the question all are meant, and what is described comes first."""
    pushed = [
        {"machine": "press-3", "signal": name, "value": 1.0, "source_time": AT}
        for name in ("an_extra", "oil_temp")
    ]
    assert client.post("/v1/readings", json={"readings": pushed}).json()["stored"] == 2
    found = client.get("/v1/machines/press-3/readings").json()["readings"]
    assert [reading["signal"] for reading in found] == ["oil_temp", "an_extra"]
