"""What a route may say, and what is said about one that cannot work, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import PlantFault
from ingest.plant import load_plant
from ingest.routes import Route

PLANT = """\
[mqtt]
url = "mqtt://127.0.0.1"
{share}

[[mqtt.routes]]
{route}

[[machines]]
id = "press-3"
line = "line-1"
kind = "press"
"""


def routes_in(folder: Path, route: str, share: str = "") -> tuple[Route, ...]:
    path = folder / "plant.toml"
    path.write_text(PLANT.format(route=route, share=share))
    return load_plant(path).mqtt.routes


def faults_in(folder: Path, route: str, share: str = "") -> list[tuple[str, str]]:
    """The line as it stands, and what is wrong with it."""
    with pytest.raises(PlantFault) as caught:
        routes_in(folder, route, share)
    lines = (folder / "plant.toml").read_text().splitlines()
    return [(lines[defect.line - 1], defect.message) for defect in caught.value.defects]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'topic = "hall/{area}/{device}"\nmachine = "{area}-{device}"\nsignal = "oil"',
            Route("hall/{area}/{device}", machine="{area}-{device}", signal="oil"),
        ),
        (
            'topic = "t"\nmachine = "press-3"\nsamples = ""\ntime = "/0"\ntime_unit = "ns"',
            Route("t", machine="press-3", samples="", time="/0", time_unit="ns"),
        ),
        (
            (
                'topic = "t/{machine}"\ntime = "/t"\ntime_zone = "Asia/Tokyo"\nperiod_s = 1\n'
                'quality = "/q"'
            ),
            Route("t/{machine}", time="/t", time_zone="Asia/Tokyo", period_s=1.0, quality="/q"),
        ),
        (
            'topic = "t/{machine}/{signal}"\ncodec = "scalar"\nwords = { on = true, Lauf = 3 }',
            Route("t/{machine}/{signal}", codec="scalar", words=(("on", True), ("Lauf", 3))),
        ),
        (
            (
                'topic = "spBv1.0/#"\ncodec = "sparkplug-b"\nsignal = "{device}.{metric}"\n'
                'machine = "{node}"\nrebirth = false'
            ),
            Route(
                "spBv1.0/#",
                codec="sparkplug-b",
                machine="{node}",
                signal="{device}.{metric}",
                rebirth=False,
            ),
        ),
    ],
)
def test_a_route_is_read_as_it_is_written(tmp_path: Path, text: str, expected: Route) -> None:
    """Every key that a codec knows."""
    assert routes_in(tmp_path, text) == (expected,)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            'topic = "t"\nmachine = "press-9"',
            'machine = "press-9"',
            "machine 'press-9' does not stand here; known are press-3",
        ),
        (
            'topic = "t/{machine}"\ntime_zone = "Berlin"',
            'time_zone = "Berlin"',
            "time_zone 'Berlin' is not known, like Europe/Berlin",
        ),
        (
            'topic = "t/{machine}"\nperiod_s = 0',
            "period_s = 0",
            "greater than or equal to 0.000001",
        ),
        (
            'topic = "t/{machine}"\nsamples = "rows"',
            'samples = "rows"',
            "is no JSON pointer: it begins with '/'",
        ),
        (
            'topic = "t/{area}"\nmachine = "{site}"',
            'topic = "t/{area}"',
            "'{site}': there is no part {site}; there are: area",
        ),
        (
            'topic = "sp/#"\ncodec = "sparkplug-b"',
            'topic = "sp/#"',
            "codec 'sparkplug-b' needs one like 'spBv1.0/#'",
        ),
        (
            'topic = "spBv1.0/{area}/#"\ncodec = "sparkplug-b"',
            'topic = "spBv1.0/{area}/#"',
            "codec 'sparkplug-b' names the parts of its topics itself: use '+' and '#'",
        ),
    ],
)
def test_a_route_that_cannot_work_is_named_with_its_line(
    tmp_path: Path, text: str, line: str, message: str
) -> None:
    """And with what is known instead."""
    ((found, said),) = faults_in(tmp_path, text)
    assert found == line
    assert message in said


def test_sparkplug_and_a_share_group_do_not_go_together(tmp_path: Path) -> None:
    """The group would divide a node's messages, and their order would be lost."""
    route = 'topic = "spBv1.0/#"\ncodec = "sparkplug-b"'
    ((line, message),) = faults_in(tmp_path, route, share='share = "andon"')
    assert line == 'codec = "sparkplug-b"'
    assert "put this route under [[brokers]] without share" in message
