"""The embedded MQTT broker: rumqttd out of the iotcore wheel, in a child process, loopback only.

Run as a module it is that child: `python -m ingest.broker CONFIG.toml`, ending with its parent.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.errors import SettingsFault, WireFault

HOST = "127.0.0.1"
_START_S = 20.0
_STOP_S = 5.0

# rumqttd keeps a log a subscription in memory: up to 16 segments of 16 MiB wait for a reader.
_CONFIG = """\
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 16
"""
_LISTENER = """
[{protocol}.1]
name = "{protocol}"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[{protocol}.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 200
dynamic_filters = true
"""

logger = logging.getLogger(__name__)


class EmbeddedBroker:
    """A broker for the first command, demos and tests; persistent sessions, nothing on disk.

    rumqttd speaks one protocol version a listener: MQTT 5 on `port`, 3.1.1 on `port_v4`.
    """

    def __init__(self, port: int, folder: Path, *, port_v4: int | None = None) -> None:
        self.port = port
        self.port_v4 = _free_port() if port_v4 is None else port_v4
        self._config = folder / "broker.toml"
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where MQTT 5 is spoken."""
        return f"mqtt://{HOST}:{self.port}"

    @property
    def url_v4(self) -> str:
        """Where MQTT 3.1.1 is spoken."""
        return f"mqtt://{HOST}:{self.port_v4}"

    @property
    def pid(self) -> int:
        """The child's process id; 0 when it is not running."""
        return self._process.pid if self._process else 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and wait until it accepts connections.

        Raises:
            SettingsFault: a port is in use.
            WireFault: the broker did not come up.
        """
        for port in (self.port, self.port_v4):
            _refuse_used(port)
        self._config.parent.mkdir(parents=True, exist_ok=True)
        listeners = (("v5", self.port), ("v4", self.port_v4))
        self._config.write_text(
            _CONFIG
            + "".join(
                _LISTENER.format(protocol=protocol, host=HOST, port=port)
                for protocol, port in listeners
            )
        )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ingest.broker", str(self._config)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[1],
                start_new_session=True,
            )
        self._wait_until_it_listens()
        logger.info("broker listens url=%s url_v4=%s", self.url, self.url_v4)

    def stop(self) -> None:
        """End the broker and free its ports; again is no harm."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if _listens(self.port) and _listens(self.port_v4):
                return
            time.sleep(0.05)
        self.stop()
        raise WireFault("The embedded broker did not come up.", remedy=f"See {self._log}.")


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=0.5):
            return True
    except OSError:
        return False


def _refuse_used(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as fault:
            raise SettingsFault(
                f"Port {port} on {HOST} cannot be used: {fault.strerror}.",
                remedy="Stop the program that listens there (another MQTT broker?), "
                "or choose another port for the broker.",
            ) from fault


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Be the broker until the parent closes our standard input."""
    from iotcore import IotCoreBroker

    # rumqttd reports every packet as an error span: only silence lets a real fault be seen.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    IotCoreBroker(config_path=sys.argv[1]).run_forever()


if __name__ == "__main__":
    main()
