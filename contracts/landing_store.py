"""Where the sealed segments of all hosts meet: a shared folder, or a bucket in object storage.

Collectors write to it, and the pipeline reads from it. A segment has the same name there as below `landing/` of a home.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from contracts.durable_files import make_folder, write_file
from contracts.errors import TurretError
from contracts.home import SEGMENT_SUFFIX, parse_segment_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

SCHEMES = ("s3", "gs", "az", "azure", "abfs", "abfss")
"""Schemes of buckets; anything else is a folder."""

EXTRA = "object-storage"
TIMEOUT = "30s"
CONNECT_TIMEOUT = "5s"
MAX_RETRIES = 2
RETRY_TIMEOUT = timedelta(seconds=10)
"""Retries of one request, and the time within which they may start: a hanging store gets only one request. Callers
retry later anyway, and report that they wait."""

MAX_TRANSFERS = 8
"""Number of concurrent transfers: a small segment takes a round trip or two, however fast the line is."""

_REASON = re.compile(r"(?:status code|HTTP error): ([A-Za-z0-9 ]+)")
_UNREADABLE_NAME = re.compile(r'Path ("(?:[^"\\]|\\.){1,300})')
_URL = re.compile(r"(?P<scheme>[a-z0-9]+)://[A-Za-z0-9._-]+(/(?!\.{1,2}(/|$))[^/?#]+)*/?")

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class LandingStoreError(TurretError, OSError):
    """The shared folder or bucket cannot be used now; the sentence says why, without a secret."""


class LandingStore(Protocol):
    """The segments of all hosts."""

    def names(self, since: datetime | None = None) -> set[str]:
        """Return the names of the segments; with `since`, only those received on that day (UTC) or later.

        Raises:
            LandingStoreError: the store cannot be listed.
        """

    def read(self, name: str) -> bytes:
        """Return the content of a segment.

        Raises:
            LandingStoreError: there is no such segment, or the store cannot be read.
        """

    def write(self, name: str, data: bytes) -> None:
        """Write a segment in one step; on return it is durable. Writing the same segment again is harmless.

        Raises:
            LandingStoreError: the store refused it, or did not confirm it.
        """


def open_landing_store(url: str) -> LandingStore:
    """Return the store at an address: a path, `file:///path`, `s3://bucket/prefix` and the like. Nothing is sent yet.

    Credentials and the region of a bucket come from the environment variables of its provider (`AWS_ACCESS_KEY_ID`,
    `GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_ACCOUNT_NAME` ...).

    Raises:
        LandingStoreError: the address cannot be used, or the package for buckets is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme in SCHEMES:
        return _Bucket(url)
    return _Folder(Path(unquote(urlsplit(url).path) if scheme == "file" else url).expanduser().absolute())


def find_url_problem(url: str) -> str | None:
    """Describe what is allowed if an address is neither a path nor that of a bucket; None if it may be used."""
    scheme = url.partition("://")[0] if "://" in url else ""
    if not scheme:
        return None
    if scheme == "file":
        return None if url.startswith("file:///") else "file:///PATH"
    if scheme not in SCHEMES:
        return f"a path, or an address that begins with {', '.join(f'{name}://' for name in ('file', *SCHEMES))}"
    return None if _URL.fullmatch(url) else f"{scheme}://BUCKET/PREFIX"


def transfer(items: Iterable[_Item], move: Callable[[_Item], _Result]) -> Iterator[_Result]:
    """Apply `move` to each item, a few at once, and yield the results in order; the first error ends it."""
    with ThreadPoolExecutor(MAX_TRANSFERS, thread_name_prefix="landing-store") as pool:
        tasks = [pool.submit(move, item) for item in items]
        try:
            for task in tasks:
                yield task.result()
        finally:
            for task in tasks:
                task.cancel()


class _Folder:
    """A folder that all hosts have mounted."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, since: datetime | None = None) -> set[str]:
        first = _hour(since) if since else ""
        self._check()
        try:
            days = [day for day in self._root.glob("project_id=*/date=*") if day.name >= first.partition("/")[0]]
            hours = [hour for day in days for hour in day.glob("hour=*") if f"{day.name}/{hour.name}" >= first]
            found = [path for hour in hours for path in hour.glob(f"*{SEGMENT_SUFFIX}")]
        except OSError as error:
            raise self._failure(error) from error
        return _segment_names(path.relative_to(self._root).as_posix() for path in found)

    def read(self, name: str) -> bytes:
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise self._failure(error) from error

    def write(self, name: str, data: bytes) -> None:
        path = self._root / name
        self._check()
        try:
            make_folder(path.parent)
            write_file(path, data)
        except OSError as error:
            raise self._failure(error) from error

    def _check(self) -> None:
        """Refuse what may exist although nothing is mounted: files would be written where no other host sees them.

        Raises:
            LandingStoreError: there is no such folder, or it is a mount point, which stays where it is.
        """
        if not self._root.is_dir():
            raise LandingStoreError(
                f"The folder {str(self._root)!r} (TURRET_LANDING_URL) does not exist; mount it, or create it."
            )
        if self._root.is_mount():
            raise LandingStoreError(
                f"TURRET_LANDING_URL is {str(self._root)!r}, a mount point; make a folder in it and name that, so that "
                "files are not written below the mount point when nothing is mounted."
            )

    def _failure(self, error: OSError) -> LandingStoreError:
        where = f" ({error.filename})" if error.filename else ""
        return LandingStoreError(
            f"The folder {str(self._root)!r} (TURRET_LANDING_URL) failed: {error.strerror}{where}."
        )


class _Bucket:
    """A bucket, or a part of one, by the package obstore."""

    def __init__(self, url: str) -> None:
        try:
            import obstore  # noqa: PLC0415 - an extra that most installations do without
            from obstore.exceptions import BaseError  # noqa: PLC0415 - the same
            from obstore.store import from_url  # noqa: PLC0415 - the same
        except ImportError as error:
            raise LandingStoreError(
                f"TURRET_LANDING_URL is {url!r}, which needs the package obstore: pip install 'turret[{EXTRA}]'."
            ) from error
        self._url = url
        self._obstore = obstore
        self._errors: tuple[type[Exception], ...] = (BaseError, OSError)
        try:
            self._store: Any = from_url(
                url,
                client_options={"timeout": TIMEOUT, "connect_timeout": CONNECT_TIMEOUT, "allow_http": True},
                retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT},
            )
        except (*self._errors, ValueError) as error:
            hint = "check its address and the environment variables of its provider"
            if "CA certificates" in str(error):
                hint = "this machine has no certificates of authorities; install ca-certificates"
            raise LandingStoreError(
                f"The bucket {url} (TURRET_LANDING_URL) cannot be opened: {type(error).__name__}; {hint}."
            ) from None

    def names(self, since: datetime | None = None) -> set[str]:
        try:
            if since is None:
                return self._list(None, None)
            projects = [
                prefix.rstrip("/").rpartition("/")[2]
                for prefix in self._obstore.list_with_delimiter(self._store)["common_prefixes"]
            ]
            return set().union(*(self._list(project, f"{project}/{_hour(since)}") for project in projects))
        except self._errors as error:
            raise self._failure("listed", error) from None

    def read(self, name: str) -> bytes:
        try:
            return bytes(self._obstore.get(self._store, name).bytes())
        except self._errors as error:
            raise self._failure(f"read ({name})", error) from None

    def write(self, name: str, data: bytes) -> None:
        try:
            self._obstore.put(self._store, name, data, use_multipart=False)  # in one request: whole, or not at all
        except self._errors as error:
            raise self._failure("written", error) from None

    def _list(self, prefix: str | None, offset: str | None) -> set[str]:
        pages = self._obstore.list(self._store, prefix, offset=offset, chunk_size=1000)
        return _segment_names(item["path"] for page in pages for item in page)

    def _failure(self, done: str, error: Exception) -> LandingStoreError:
        """Return the error in one sentence: providers repeat parts of requests, keys among them, in their messages."""
        if found := _UNREADABLE_NAME.search(str(error)):
            return LandingStoreError(
                f"The bucket {self._url} (TURRET_LANDING_URL) cannot be {done}: it has an object whose name no path "
                f'may have, {found[1]}". Remove it, or use a prefix that nothing else writes to.'
            )
        found = _REASON.search(str(error))
        reason = found[1].strip() if found else type(error).__name__.removesuffix("Error") + " error"
        hints = {
            "403": "check the credentials in the environment",
            "401": "check the credentials in the environment",
            "404": "check whether the bucket exists",
        }
        hint = hints.get(reason[:3], "")
        return LandingStoreError(
            f"The bucket {self._url} (TURRET_LANDING_URL) cannot be {done}: {reason}{hint and f'; {hint}'}."
        )


def _hour(time: datetime) -> str:
    """Return the folders of an hour, which sort as hours do."""
    return f"date={time:%Y-%m-%d}/hour={time:%H}"


def _segment_names(paths: Iterable[str]) -> set[str]:
    """Return those of the paths that are names of segments; a bucket may hold anything."""
    return {path for path in paths if parse_segment_name(path)}
