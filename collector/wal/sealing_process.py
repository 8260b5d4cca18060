"""A process that seals, so that the worker's own process is free for requests.

Sealing is Python code that runs for a tenth of a second at a time. As a thread it would take the GIL
from the event loop in slices of milliseconds, and requests would wait for it. The process uses files and folders, but
no database: the worker books what it reports.

It holds the same locked descriptors as the worker: that of the file and that of the worker's identity. If the worker is
killed, no process takes over its files before this one has finished. If this process is killed, the worker starts
another one, which seals the same file again and gives the same segments.
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
"""Requests have priority; sealing still gets its share of a busy core, so that files do not pile up."""

MAX_LINE_BYTES = 1 << 16
STOP_TIMEOUT_S = 10.0


class SealingProcess:
    """The worker's end: starts the process when first needed, and again if it dies. One thread uses it."""

    def __init__(self) -> None:
        self.locks: tuple[int, ...] = ()
        """Descriptors of locks that a process inherits at its start."""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """The running process, or None."""
        return self._process.pid if self._process else None

    def seal(self, file: WalFile, home: Home) -> Sealed:
        """Have a file sealed; see `sealing.seal`.

        Raises:
            OSError: the disk failed, or the process cannot be started or keeps dying; this can be retried.
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
        """Return the answer; nothing if the process ended before answering."""
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
        """End the process, which is idle or dead."""
        if self._socket is not None:
            self._end()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            # -P: modules come from Turret's installation, never from the current folder.
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
            self._socket.close()  # which tells the process to end
            self._socket = None
        if self._process is not None:
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def main() -> None:
    """Seal files on request until the worker closes its end or dies."""
    # Signals to the process group are for the worker, which drains and then closes its end.
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
    """Return one line; nothing if the other end is closed."""
    chunks: list[bytes] = []
    while not chunks or not chunks[-1].endswith(b"\n"):
        chunk = connection.recv(MAX_LINE_BYTES)
        if not chunk:
            return b""
        chunks.append(chunk)
    return b"".join(chunks)


if __name__ == "__main__":
    main()
