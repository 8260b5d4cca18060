"""A shared folder and a bucket behave alike; what is wrong with an address or a store is said in one sentence."""

from __future__ import annotations

import http.client
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from harness.object_store import BUCKET, serve_object_store

from contracts.landing_store import LandingStoreError, find_url_problem, open_landing_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.object_store import ObjectStore

ONE = (
    "project_id=prj_0000000000000001/date=2026-01-31/hour=12/20260131T120000000000Z-00000000000000aa-000001.ndjson.zst"
)
TWO = (
    "project_id=prj_0000000000000002/date=2026-02-01/hour=00/20260201T000000000000Z-00000000000000bb-000001.ndjson.zst"
)


@pytest.fixture(scope="module")
def bucket() -> Iterator[ObjectStore]:
    with serve_object_store() as store, store.as_environment():
        yield store


@pytest.fixture(params=["folder", "file address", "bucket"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ExitStack():
        if request.param == "bucket":
            yield f"{request.getfixturevalue('bucket').url}/{tmp_path.name}"
        else:
            (tmp_path / "with space").mkdir()
            yield f"{'file://' if request.param == 'file address' else ''}{tmp_path}/with space"


def test_store_has_what_was_written_under_the_same_name(url: str):
    store = open_landing_store(url.replace(" ", "%20") if url.startswith("file://") else url)
    assert store.names() == set()
    store.write(ONE, b"first")
    store.write(TWO, b"second")
    store.write(ONE, b"first")
    assert store.names() == {ONE, TWO}
    assert store.names(datetime(2026, 2, 1, 0, 59, tzinfo=UTC)) == {TWO}
    assert store.names(datetime(2026, 1, 31, 13, tzinfo=UTC)) == {TWO}
    assert store.names(datetime(2026, 1, 31, 12, 59, tzinfo=UTC)) == {ONE, TWO}
    assert store.names(datetime(2026, 1, 30, 23, tzinfo=UTC)) == {ONE, TWO}
    assert (store.read(ONE), store.read(TWO)) == (b"first", b"second")
    with pytest.raises(LandingStoreError, match="TURRET_LANDING_URL"):
        store.read(ONE.replace("000001.", "000002."))


def test_names_leave_out_whatever_else_lies_there(url: str):
    store = open_landing_store(url)
    folder = ONE.rpartition("/")[0]
    strangers = [
        "notes.txt",
        "project_id=prj_1/date=2026-01-31/hour=12/a.ndjson.zst",
        ONE.removesuffix(".zst"),
        ONE.replace("2026-01-31", "2026-02-30"),
        ONE.replace("2026-01-31", "0001-01-01"),
        ONE.replace("hour=12", "hour=24"),
        f"{folder}/*.ndjson.zst",  # a pattern for DuckDB
        f"{folder}/Ünï.ndjson.zst",
        f"{folder}/{'a' * 230}.ndjson.zst",  # too long for a temporary name of a file
    ]
    for name in (*strangers, ONE):
        store.write(name, b"x")
    assert store.names() == {ONE}
    assert store.names(datetime(2000, 1, 1, tzinfo=UTC)) == {ONE}


def test_object_with_a_name_that_is_no_path_is_named(bucket: ObjectStore):
    url = urlsplit(bucket.environment["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(url.netloc)
    connection.request("PUT", f"/{BUCKET}/strange/project_id=x//y", b"x")  # obstore would not write it
    connection.getresponse().read()
    connection.close()
    with pytest.raises(LandingStoreError, match=r'no path may have, "strange/project_id=x//y"\. Remove it'):
        open_landing_store(f"s3://{BUCKET}/strange").names()


def test_bucket_without_the_variables_of_its_provider_points_to_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(
        LandingStoreError, match=r"az://c .* cannot be opened: .* environment variables of its provider"
    ):
        open_landing_store("az://c")


def test_bucket_on_a_machine_without_certificates_says_so(bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with pytest.raises(LandingStoreError, match="install ca-certificates"):
        open_landing_store(bucket.url)


def test_folder_that_is_not_mounted_is_neither_listed_nor_made(tmp_path: Path):
    store = open_landing_store(str(tmp_path / "landing"))
    for use in (store.names, lambda: store.write(ONE, b"x")):
        with pytest.raises(LandingStoreError, match="does not exist; mount it, or create it"):
            use()
    assert not (tmp_path / "landing").exists()


def test_mount_point_is_refused_because_it_stays_when_nothing_is_mounted():
    with pytest.raises(LandingStoreError, match="a mount point; make a folder in it and name that"):
        open_landing_store("/proc").names()


def test_bucket_that_fails_is_named_with_the_reason_and_without_the_key(bucket: ObjectStore):
    missing = open_landing_store("s3://no-such-bucket/turret")
    with pytest.raises(
        LandingStoreError, match=r"s3://no-such-bucket/turret .* 404 Not Found; check whether the bucket"
    ):
        missing.names()
    bucket.is_down = True
    try:
        with pytest.raises(LandingStoreError, match="cannot be written: 503 Service Unavailable") as raised:
            open_landing_store(bucket.url).write(ONE, b"x")
    finally:
        bucket.is_down = False
    assert bucket.environment["AWS_ACCESS_KEY_ID"] not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["", "landing", "/mnt/landing", "file:///mnt/landing", "s3://bucket", "s3://bucket/", "gs://b/a/b", "az://c/.p/"],
)
def test_addresses_that_may_be_used(url: str):
    assert find_url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("ftp://host/landing", "a path, or an address that begins with file://, s3://"),
        ("s3://", "s3://BUCKET/PREFIX"),
        ("s3:///prefix", "s3://BUCKET/PREFIX"),
        ("s3://b b/prefix", "s3://BUCKET/PREFIX"),
        ("s3://bucket//prefix", "s3://BUCKET/PREFIX"),
        ("s3://bucket/../prefix", "s3://BUCKET/PREFIX"),
        ("s3://key:secret@bucket/prefix", "s3://BUCKET/PREFIX"),
        ("file://landing", "file:///PATH"),
    ],
)
def test_addresses_that_may_not_be_used_get_what_is_allowed(url: str, allowed: str):
    assert allowed in (find_url_problem(url) or "")
