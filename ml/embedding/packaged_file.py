"""Read files of other packages without importing the package, and verify their hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import EmbedderUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class PackagedFile:
    """A file of an installed distribution.

    Args:
        distribution: name of the package.
        path: of the file in it.
        sha256: required SHA-256 of the content, hexadecimal.
        version: of the package in which the file was checked; empty if unknown.
    """

    distribution: str
    path: str
    sha256: str
    version: str = ""

    @property
    def remedy(self) -> str:
        """The command that installs the file."""
        pinned = f"=={self.version}" if self.version else ""
        return f"pip install --force-reinstall --no-deps '{self.distribution}{pinned}'"

    @property
    def is_installed(self) -> bool:
        """Whether the distribution is installed; its file may still be missing or altered."""
        try:
            distribution(self.distribution)
        except PackageNotFoundError:
            return False
        return True

    def locate(self) -> Path:
        """Find the file on disk.

        Raises:
            EmbedderUnavailableError: the distribution is not installed, or has no such file.
        """
        try:
            path = Path(str(distribution(self.distribution).locate_file(self.path)))
        except PackageNotFoundError:
            raise EmbedderUnavailableError(
                f"The package {self.distribution} is not installed; the local embedder needs its file {self.path}. "
                f"Install it: {self.remedy}"
            ) from None
        if not path.is_file():
            raise EmbedderUnavailableError(
                f"The package {self.distribution} is installed but has no file {self.path}. "
                f"Install it again: {self.remedy}"
            )
        return path

    def read(self) -> bytes:
        """Read the file and verify its hash.

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
                f"The file {path} of the package {self.distribution} has SHA-256 {found}; the one that was checked "
                f"has {self.sha256}. Install the package again: {self.remedy}"
            )
        return content


def read_first(sources: Sequence[PackagedFile]) -> bytes:
    """Read the first usable one of several equivalent files.

    Raises:
        EmbedderUnavailableError: none of them is usable; the message is about the first.
    """
    failures = []
    for source in sources:
        try:
            return source.read()
        except EmbedderUnavailableError as error:
            failures.append(error)
    raise failures[0]
