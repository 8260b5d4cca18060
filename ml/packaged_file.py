"""Files that other packages carry: found without importing the package, and believed only by their hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ml.errors import EmbedderUnavailableError


@dataclass(frozen=True)
class PackagedFile:
    """A file of an installed distribution: where it lies in it, and the SHA-256 (hexadecimal) it must have."""

    distribution: str
    path: str
    sha256: str

    def locate(self) -> Path:
        """Find the file on disk.

        Raises:
            EmbedderUnavailableError: the distribution is not installed, or has no such file.
        """
        try:
            path = Path(str(distribution(self.distribution).locate_file(self.path)))
        except PackageNotFoundError:
            raise EmbedderUnavailableError(
                f"The package {self.distribution} is not installed; the local embedder needs its file {self.path}."
            ) from None
        if not path.is_file():
            raise EmbedderUnavailableError(f"The package {self.distribution} is installed but has no file {self.path}.")
        return path

    def read(self) -> bytes:
        """Read the file and check its hash, so that what is used is exactly what was checked.

        Raises:
            EmbedderUnavailableError: the file is missing, unreadable, or not the one expected.
        """
        path = self.locate()
        try:
            content = path.read_bytes()
        except OSError as error:
            raise EmbedderUnavailableError(f"The file {path} cannot be read: {error.strerror}.") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise EmbedderUnavailableError(
                f"The file {path} has SHA-256 {found}; the one that was checked has {self.sha256}."
            )
        return content
