"""The bytes of a source file as UTF-8, whatever it is packed in, within bounds.

opened(Path("july.jsonl.gz"))  →  a stream of its lines; a bomb is refused while it unfolds
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import zstandard

from chatloop.errors import UserError

GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# Text rarely packs better than 30 to 1 and a gzip bomb reaches 1,000: beyond this it is no text.
MAX_RATIO = 200
# ... once it is this large, so that a small file of like lines is not taken for a bomb.
FREE_BYTES = 64 * 2**20
MAX_BYTES = 2**40
# Memory that a zstd file may ask for: its window is 2 to the power of 27 bytes at most.
_WINDOW = 2**27
_CHUNK = 2**16
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Office document; unpack it, or save it as CSV",
    b"%PDF": "a PDF document; export its conversations as text or CSV",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip",
    b"\xfd7zX": "packed with xz; unpack it, or pack it with gzip",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"SQLi": "an SQLite database; export its table as CSV",
    b"\xd0\xcf\x11\xe0": "an old Office document; save it as CSV",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@contextmanager
def opened(path: Path, encoding: str | None = None) -> Iterator[io.BufferedReader]:
    """The uncompressed bytes; what a file is shows in its first bytes, not in its name.

    In UTF-8, from `encoding` where that is given.

    Raises:
        UserError: it cannot be read, is damaged, or unfolds to a size that no text has.
    """
    try:
        with path.open("rb") as file:
            yield _as_utf8(_unpacked(path, file), encoding)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
        raise UserError(f"{path}: is cut short or damaged ({error}); copy it again") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from error


def _unpacked(path: Path, file: io.BufferedReader) -> io.BufferedReader:
    start = file.peek(4)[:4]
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise UserError(f"{path}: is {what}")
    if start.startswith(GZIP_MAGIC):
        return io.BufferedReader(_Bounded(path, gzip.GzipFile(fileobj=file)), _CHUNK)
    if start == ZSTD_MAGIC:
        reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        stream = reader.stream_reader(file, read_across_frames=True)
        return io.BufferedReader(_Bounded(path, stream), _CHUNK)
    return file


def _as_utf8(file: io.BufferedReader, encoding: str | None) -> io.BufferedReader:
    """What the user names, UTF-16 and UTF-32 by their marks; all else is taken for UTF-8."""
    start = file.peek(4)[:4]
    for mark, marked in _MARKS:
        if start.startswith(mark):
            return io.BufferedReader(_Recoded(file, marked), _CHUNK)
    return io.BufferedReader(_Recoded(file, encoding), _CHUNK) if encoding else file


class _Bounded(io.RawIOBase):
    """A stream that stops when it has unfolded to more than its file can honestly hold."""

    def __init__(self, path: Path, stream: IO[bytes] | gzip.GzipFile) -> None:
        self._path, self._stream, self._given = path, stream, 0
        self._most = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * path.stat().st_size))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._given += len(data)
        if self._given > self._most:
            raise UserError(
                f"{self._path}: unfolds to more than {self._most // 2**20:,} MiB, over {MAX_RATIO} "
                "times its size; no text does, so it is refused: unpack it yourself if you trust it"
            )
        buffer[: len(data)] = data
        return len(data)


class _Recoded(io.RawIOBase):
    """UTF-8 from a stream in another encoding; what cannot be decoded becomes U+FFFD."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        ended = False
        while not self._left and not ended:
            data = self._stream.read(_CHUNK)
            ended = not data
            self._left = self._decoder.decode(data, final=ended).encode("utf-8", "replace")
        given, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)
