"""What a task writes: kept in a file, each line with its time, and told line by line."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import IO, TYPE_CHECKING, Self

from flowc.runtime.mflog import Heads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

# A line that never ends is told in pieces of so many bytes, lest it fill the memory.
LONGEST_LINE = 65536


class Lines:
    """Cuts bytes into lines of text, whatever pieces they come in and whatever their encoding."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The lines that end in this chunk."""
        *whole, rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            yield from map(_text, _pieces(line) or [b""])
        *long, self._rest = _pieces(rest) or [b""]
        yield from map(_text, long)

    def close(self) -> Iterator[str]:
        """The last line, if it lacks its end."""
        if self._rest:
            yield _text(self._rest)
        self._rest = b""


async def follow(pipe: IO[bytes], log: Path, tell: Callable[[str], None]) -> None:
    """Read a pipe to its end into a file, with heads, and tell each line."""
    lines, heads = Lines(), Heads()
    with _Log(log, tell) as file:
        try:
            async with _reading(pipe) as stream:
                while chunk := await stream.read(LONGEST_LINE):
                    file.write(heads.feed(chunk))
                    for line in lines.feed(chunk):
                        tell(line)
        finally:
            for line in lines.close():
                tell(line)


class _Log:
    """A file that keeps what it can: what a task writes is told, whether it can be kept or not."""

    def __init__(self, log: Path, tell: Callable[[str], None]) -> None:
        self._log = log
        self._tell = tell
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        with self._telling():
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._log.open("wb", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            with suppress(OSError):
                self._file.close()

    def write(self, chunk: bytes) -> None:
        if self._file:
            with self._telling():
                self._file.write(chunk)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._file = None
            self._tell(f"flowc: cannot keep the log {self._log}: {error.strerror}")


@asynccontextmanager
async def _reading(pipe: IO[bytes]) -> AsyncIterator[asyncio.StreamReader]:
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    try:
        yield stream
    finally:
        transport.close()


def _pieces(line: bytes) -> list[bytes]:
    return [line[i : i + LONGEST_LINE] for i in range(0, len(line), LONGEST_LINE)]


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")
