"""Encrypt a stream with a passphrase in the format of age (age-encryption.org/v1), which any age tool reads too.

scrypt makes a key of the passphrase, which wraps the file's own random key. ChaCha20-Poly1305 encrypts and
authenticates each chunk with its number and with whether it is the last one, so a file that was cut off between chunks
is refused too.
"""

from __future__ import annotations

import io
import itertools
import os
import re
from base64 import b64decode, b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from orchestration.errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_MAGIC: Final = b"age-encryption.org/v1\n"
_HEADER: Final = re.compile(
    rb"(?P<authenticated>age-encryption\.org/v1\n-> scrypt (?P<salt>[A-Za-z0-9+/]{22}) (?P<work>[1-9][0-9]?)\n"
    rb"(?P<wrapped>[A-Za-z0-9+/]{43})\n---) (?P<mac>[A-Za-z0-9+/]{43})\n"
)
_N_HEADER_LINES: Final = 4
_MAX_LINE_BYTES: Final = 128
_WORK: Final = 18
"""The logarithm of scrypt's cost, as age has it by default: 256 MiB, and about a second of CPU."""
_MAX_WORK: Final = 22
_KEY_BYTES: Final = 16
_NONCE_BYTES: Final = 16
_CHUNK_BYTES: Final = 1 << 16
_TAG_BYTES: Final = 16


@contextmanager
def encrypted(out: IO[bytes], passphrase: str) -> Iterator[IO[bytes]]:
    """Give a file whose content is encrypted into `out`, which lacks its end if the block raises."""
    key, salt, nonce = os.urandom(_KEY_BYTES), os.urandom(16), os.urandom(_NONCE_BYTES)
    wrapped = _wrapping(passphrase, salt, _WORK).encrypt(bytes(12), key, None)
    header = _MAGIC + b"-> scrypt %b %d\n%b\n---" % (_encode(salt), _WORK, _encode(wrapped))
    out.write(b"%b %b\n%b" % (header, _encode(_mac(key, header).finalize()), nonce))
    content = _Encrypting(out, _payload(key, nonce))
    yield cast("IO[bytes]", content)
    content.write_chunk(is_last=True)


def is_encrypted(file: io.BufferedReader) -> bool:
    """Tell whether a file begins as age's do, without reading on."""
    start = file.peek(len(_MAGIC))[: len(_MAGIC)]
    return bool(start) and _MAGIC.startswith(start)


def decrypted(file: IO[bytes], passphrase: str) -> io.BufferedReader:
    """Return the content of an encrypted file; each chunk is authenticated before it is given.

    Raises:
        BackupError: the passphrase is another one, or the header is damaged or of another kind. Reading raises it too,
            where the file was changed or cut off.
    """
    header = b"".join(file.readline(_MAX_LINE_BYTES) for _ in range(_N_HEADER_LINES))
    found = _HEADER.fullmatch(header)
    if found is None:
        raise BackupError(
            "The backup is a file of age, but not a whole one that is encrypted with a passphrase. If it is encrypted "
            "to a key, decrypt it with age."
        )
    work = int(found["work"])
    if work > _MAX_WORK:
        raise BackupError(f"The backup's passphrase has a scrypt cost of 2^{work}; allowed is up to 2^{_MAX_WORK}.")
    try:
        key = _wrapping(passphrase, _decode(found["salt"]), work).decrypt(bytes(12), _decode(found["wrapped"]), None)
        _mac(key, found["authenticated"]).verify(_decode(found["mac"]))
    except (InvalidTag, InvalidSignature) as error:
        raise BackupError("The passphrase is not the one that the backup was encrypted with.") from error
    return io.BufferedReader(_Decrypting(_chunks(file, _payload(key, file.read(_NONCE_BYTES)))), _CHUNK_BYTES)


class _Encrypting(io.RawIOBase):
    """Encrypts what is written, in chunks."""

    def __init__(self, out: IO[bytes], cipher: ChaCha20Poly1305) -> None:
        self._out, self._cipher = out, cipher
        self._numbers = itertools.count()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # nothing else writes
        self._waiting += data
        while len(self._waiting) > _CHUNK_BYTES:  # a chunk that may be the last one waits
            self.write_chunk(is_last=False)
        return len(data)

    def write_chunk(self, *, is_last: bool) -> None:
        """Write a chunk of what waits."""
        nonce = _chunk_nonce(next(self._numbers), is_last=is_last)
        self._out.write(self._cipher.encrypt(nonce, bytes(self._waiting[:_CHUNK_BYTES]), None))
        del self._waiting[:_CHUNK_BYTES]


class _Decrypting(io.RawIOBase):
    """Gives decrypted chunks as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._waiting = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override] # BufferedReader gives one
        self._waiting = self._waiting or next(self._chunks, b"")
        n_bytes = min(len(target), len(self._waiting))
        target[:n_bytes], self._waiting = self._waiting[:n_bytes], self._waiting[n_bytes:]
        return n_bytes


def _chunks(file: IO[bytes], cipher: ChaCha20Poly1305) -> Iterator[bytes]:
    """Yield the decrypted chunks of a file's rest."""
    chunk = file.read(_CHUNK_BYTES + _TAG_BYTES)
    for number in itertools.count():
        following = file.read(_CHUNK_BYTES + _TAG_BYTES)
        try:
            plain = cipher.decrypt(_chunk_nonce(number, is_last=not following), chunk, None)
        except InvalidTag as error:
            raise BackupError("The backup was changed or cut off. Nothing was restored.") from error
        yield plain
        if not following:
            return
        chunk = following


def _chunk_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _wrapping(passphrase: str, salt: bytes, work: int) -> ChaCha20Poly1305:
    """Return the cipher that wraps a file's key."""
    scrypt = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=1 << work, r=8, p=1)
    return ChaCha20Poly1305(scrypt.derive(passphrase.encode()))


def _mac(key: bytes, header: bytes) -> HMAC:
    mac = HMAC(HKDF(SHA256(), length=32, salt=None, info=b"header").derive(key), SHA256())
    mac.update(header)
    return mac


def _payload(key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), length=32, salt=nonce, info=b"payload").derive(key))


def _encode(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")


def _decode(data: bytes) -> bytes:
    return b64decode(data + b"==")
