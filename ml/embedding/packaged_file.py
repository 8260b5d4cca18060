"""Files that other packages carry: found without importing the package, and believed only by their hash."""

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
        path: where the file lies in it.
        sha256: hexadecimal, what its content must have.
        version: of the package in which the file was checked, or nothing where it is not known.
    """

    distribution: str
    path: str
    sha256: str
    version: str = ""

    @property
    def remedy(self) -> str:
        """What to type to have the file as it should be."""
        pinned = f"=={self.version}" if self.version else ""
        return f"pip install --force-reinstall --no-deps '{self.distribution}{pinned}'"

    @property
    def is_installed(self) -> bool:
        """Whether the distribution is there; its file may still be missing or altered."""
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
                f"Install it anew: {self.remedy}"
            )
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
                f"The file {path} of the package {self.distribution} has SHA-256 {found}; the one that was checked "
                f"has {self.sha256}. Install the package anew: {self.remedy}"
            )
        return content


def read_first(sources: Sequence[PackagedFile]) -> bytes:
    """Read the first of several files that is there as it should be; they hold the same in their own ways.

    Raises:
        EmbedderUnavailableError: none of them is usable; the sentence is about the first.
    """
    failures = []
    for source in sources:
        try:
            return source.read()
        except EmbedderUnavailableError as error:
            failures.append(error)
    raise failures[0]
