"""Bytes cut into lines."""

from __future__ import annotations

import pytest

from flowc.local.output import LONGEST_LINE, Lines


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
