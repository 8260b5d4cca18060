"""A process that seals, so that the worker's own process is free for requests.

Sealing is Python code that works for a tenth of a second at a stretch. As a thread it would take the interpreter lock
from the event loop in slices of milliseconds, and requests would wait for it. The process knows files and folders, no
database: the worker books what it reports.

A file that it works on stays locked by it too, and so does the identity of the worker: it holds the same locked
descriptors. If the worker is killed, nobody takes over its files before this process is done and gone. If this process
is killed, the worker starts another and has the same file sealed again, which gives the same segments.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from collector.wal.sealing import Sealed, seal
from contracts.home import Home

if TYPE_CHECKING:
    from collector.wal.wal_file import WalFile

NICENESS = 5
"""Requests go first; sealing still gets its share of a busy core, so that files do not pile up."""

MAX_LINE_BYTES = 1 << 16
STOP_TIMEOUT_S = 10.0


class SealingProcess:
    """The worker's end: starts the process when it is first needed, and again when it is gone. One thread uses it."""

    def __init__(self) -> None:
        self.locks: tuple[int, ...] = ()
        """Descriptors of locks that a process holds as well from its start."""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The running process; None where there is none."""
        return self._process.pid if self._process else None

    def seal(self, file: WalFile, home: Home) -> Sealed:
        """Have a file sealed; see `sealing.seal`.

        Raises:
            OSError: the disk failed, or the process cannot be started or ends again and again; doing it again is right.
        """
        asked = {"path": str(file.path), "home": str(home.root), "is_shared": home.is_shared, "n_bytes": file.size}
        request = orjson.dumps(asked) + b"\n"
        answer = self._ask(request, file.descriptor) or self._ask(request, file.descriptor)
        if not answer:
            raise OSError("The sealing process ended before it was done.")
        report = orjson.loads(answer)
        if "error" in report:
            raise OSError(report["error"])
        counts = Counter({(project_id, month): n for project_id, month, n in report["n_events"]})
        return Sealed(counts, report["n_segments"], report["n_damaged_bytes"])

    def _ask(self, request: bytes, descriptor: int) -> bytes:
        """Return the answer; nothing where the process ended before it gave one."""
        connection = self._socket or self._start()
        try:
            socket.send_fds(connection, [request], [descriptor])
            answer = _read_line(connection)
        except ConnectionError:
            answer = b""
        if not answer:
            self._end()
        return answer

    def close(self) -> None:
        """End the process; it is idle, or gone."""
        if self._socket is not None:
            self._end()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            # -P: modules come from where Turret is installed, never from the folder it was started in.
            command = [sys.executable, "-P", "-m", "collector.wal.sealing_process", str(theirs.fileno())]
            descriptors = (theirs.fileno(), *self.locks)
            try:
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=descriptors)  # noqa: S603  # ours
            except OSError:
                ours.close()
                raise
        self._socket = ours
        return ours

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()  # which the process takes as its end
            self._socket = None
        if self._process is not None:
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def main() -> None:
    """Seal what the worker asks for, until it closes its end or is gone."""
    # Signals to the whole group are meant for the worker, which drains and then closes its end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        while True:
            line, descriptors, _, _ = socket.recv_fds(connection, MAX_LINE_BYTES, 1)
            if not line:
                return
            try:
                connection.sendall(_answer(line))
            except BrokenPipeError:
                return
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)


def _answer(line: bytes) -> bytes:
    request = orjson.loads(line)
    try:
        sealed = seal(Path(request["path"]), Home(Path(request["home"]), request["is_shared"]), request["n_bytes"])
    except OSError as error:
        return orjson.dumps({"error": str(error)}) + b"\n"
    n_events = [(*place, n) for place, n in sealed.n_events.items()]
    report = {"n_events": n_events, "n_segments": sealed.n_segments, "n_damaged_bytes": sealed.n_damaged_bytes}
    return orjson.dumps(report) + b"\n"


def _read_line(connection: socket.socket) -> bytes:
    """Return one line; nothing where the other end is gone."""
    chunks: list[bytes] = []
    while not chunks or not chunks[-1].endswith(b"\n"):
        chunk = connection.recv(MAX_LINE_BYTES)
        if not chunk:
            return b""
        chunks.append(chunk)
    return b"".join(chunks)


if __name__ == "__main__":
    main()
