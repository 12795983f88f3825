"""Bytes cut into lines."""

from __future__ import annotations

import pytest

from flowc.local.output import LONGEST_LINE, Heads, Lines
from flowc.runtime.mflog import plain


def cut(*chunks: bytes) -> list[str]:
    lines = Lines()
    return [line for chunk in chunks for line in lines.feed(chunk)] + list(lines.close())


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], []),
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"o", b"ne\ntw", b"o"], ["one", "two"]),
        ([b"\n\n"], ["", ""]),
        ([b"windows\r\n"], ["windows"]),
        ([b"\xc3", b"\xa9\n"], ["é"]),
        ([b"\xff\n"], ["\ufffd"]),
    ],
)
def test_lines_are_found_whatever_the_pieces(chunks: list[bytes], expected: list[str]) -> None:
    assert cut(*chunks) == expected


def test_a_line_without_end_is_told_in_pieces() -> None:
    pieces = cut(*[b"x" * 1000] * 200, b"\nnext\n")

    assert "".join(pieces) == "x" * 200_000 + "next"
    assert max(map(len, pieces)) == LONGEST_LINE


def headed(*chunks: bytes) -> bytes:
    heads = Heads()
    return b"".join(heads.feed(chunk) for chunk in chunks)


@pytest.mark.parametrize(
    "chunks",
    [
        [b"one\n", b"two\n"],
        [b"o", b"ne\ntw", b"o"],
        [b"one", b"\n", b"\n", b"two\n"],
        [b"50 %\r100 %\r\n"],
        [b"\xff\x00\n"],
        [b"[MFLOG|0|2026-01-01T00:00:00.000000Z|task|0]mine\n"],
    ],
)
def test_heads_leave_what_was_written_as_it_was(chunks: list[bytes]) -> None:
    written = b"".join(chunks)

    kept = headed(*chunks)

    assert plain(kept) == written
    assert kept.count(b"|task|") - written.count(b"|task|") == len(
        written.removesuffix(b"\n").split(b"\n")
    )


def test_heads_are_in_the_order_of_lines() -> None:
    lines = headed(*[b"z\ny\n", b"x\nw", b"v\n"] * 50).splitlines()

    assert lines == sorted(lines)
