"""Files are written whole, and nothing but a regular file is ever replaced."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from flowc.errors import UsageError
from flowc.files import write_whole
from flowc.fingerprint import sha256


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("old")
    path.chmod(0o640)

    write_whole(path, "new\n")

    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.yaml", tmp_path / "link.yaml"
    target.write_text("old")
    link.symlink_to(target)

    write_whole(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()

    write_whole(pipe, "text")

    reader.join(10)
    assert read == ["text"]
    assert pipe.is_fifo()


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    with pytest.raises(UsageError, match="cannot write"):
        write_whole(loop, "text")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"

    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")

    assert not list(tmp_path.iterdir())


def test_a_fingerprint_is_that_of_hashlib() -> None:
    for text in ("", "flow", "é" * 1000):
        assert sha256(text) == hashlib.sha256(text.encode()).hexdigest()
