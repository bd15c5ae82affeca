"""Files that the broker's connection needs and that cannot be used are settings to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SettingsFault
from ingest.mqtt import MqttWire
from ingest.plant import MqttBroker
from ingest.settings import IngestSettings


def wire(broker: MqttBroker) -> MqttWire:
    """A wire that is not connected yet."""
    return MqttWire(broker, IngestSettings(), client_id="c", deliver=lambda _: None)


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder in its place, for instance."""
    broker = MqttBroker("mqtt://127.0.0.1", user="andon", password_file=tmp_path)
    with pytest.raises(SettingsFault, match="password_file in"):
        wire(broker)


def test_a_certificate_that_is_gone_is_a_setting_to_change(tmp_path: Path) -> None:
    """It was there when the plant was checked."""
    broker = MqttBroker("mqtts://127.0.0.1", ca_file=tmp_path / "gone.pem")
    with pytest.raises(SettingsFault, match="ca_file"):
        wire(broker)
