"""Pickles too large for the memory: written to a compressed file, and read from a stream."""

# Pathlib costs a task more to import than all of this file.
# ruff: noqa: PTH107, PTH118, PTH123

from __future__ import annotations

import hashlib
import io
import os
import zlib
from contextlib import suppress

from flowc.runtime.store import FileErrors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

# Zlib gives back what one call compresses in one piece of memory.
_PIECE = 1024 * 1024
_CHUNK = 64 * 1024


class Draft:
    """A file in a folder that gets the gzip of what is written; `sha` is of what was written."""

    def __init__(self, folder: str, level: int, wbits: int) -> None:
        # Readers and listings never look at names with a leading dot.
        self.file = os.path.join(folder, f".flowc-{os.urandom(8).hex()}")
        self._gzip = zlib.compressobj(level, zlib.DEFLATED, wbits)
        self._sha = hashlib.sha1(usedforsecurity=False)
        self._errors = FileErrors(folder)
        with self._errors:
            self._output = open(self.file, "xb")  # noqa: SIM115 (it is open between calls)

    def write(self, content: bytes) -> None:
        view = memoryview(content)
        self._sha.update(view)
        for start in range(0, len(view), _PIECE):
            with self._errors:
                self._output.write(self._gzip.compress(view[start : start + _PIECE]))

    def close(self) -> str:
        """The SHA-1 of all that was written, once the file is complete."""
        with self._errors:
            self._output.write(self._gzip.flush())
            self._output.close()
        return self._sha.hexdigest()

    def discard(self) -> None:
        """Remove the file, unless it has gone elsewhere."""
        # What was not written, for lack of room or else, is of no use to anybody.
        with suppress(OSError):
            self._output.close()
        with suppress(FileNotFoundError):
            os.remove(self.file)


class Decompressed:
    """What a stream of gzip holds; `reader` reads no more of it than is asked for.

    Reading raises `zlib.error` where the content is corrupt or ends too early.
    """

    def __init__(self, stream: BinaryIO, wbits: int) -> None:
        self._raw = _Decompressed(stream, wbits)
        self.reader = io.BufferedReader(self._raw, _PIECE)

    def rest(self) -> str:
        """The SHA-1 of all that the stream holds, read to its end."""
        while self.reader.read(_PIECE):
            pass
        return self._raw.sha.hexdigest()


class _Decompressed(io.RawIOBase):
    def __init__(self, stream: BinaryIO, wbits: int) -> None:
        super().__init__()
        self.sha = hashlib.sha1(usedforsecurity=False)
        self._stream = stream
        self._gzip = zlib.decompressobj(wbits)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = b""
        while not found and not self._gzip.eof:
            chunk = self._gzip.unconsumed_tail or self._stream.read(_CHUNK)
            if not chunk:
                raise zlib.error("incomplete or truncated stream")
            found = self._gzip.decompress(chunk, min(len(buffer), _PIECE))
        self.sha.update(found)
        buffer[: len(found)] = found
        return len(found)
