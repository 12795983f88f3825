"""Packages that are not what was asked for, or would write where they must not."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest
from package.containers import REFUSED, Container, container
from package.packed import archived, write


def refused(place: Container) -> str:
    """What is said of a package that is refused, of which nothing may be left."""
    done = place.task("start")
    assert done.returncode == REFUSED, done.stderr
    assert done.stderr.startswith("flowc: ")
    assert done.stderr.count("\n") == 1
    assert place.unpacked() == []
    assert not (place.folder / "evil").exists()
    return done.stderr


def test_another_package_is_refused(tmp_path: Path) -> None:
    content, sha256 = archived(write(tmp_path / "a", {}))
    other, _ = archived(write(tmp_path / "a", {"b.txt": ""}))

    assert "is another package" in refused(container(tmp_path / "c", other, sha256))
    assert "is damaged" in refused(container(tmp_path / "c", content[:-20], sha256))
    assert "is damaged" in refused(container(tmp_path / "c", b"none", sha256))


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    made.linkname = link
    return made


def tar(*found: tarfile.TarInfo) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for each in found:
            archive.addfile(each, io.BytesIO(b""))
    return output.getvalue()


def with_headers(**headers: str) -> tarfile.TarInfo:
    made = member("code/x")
    made.pax_headers = {name.replace("_", "."): text for name, text in headers.items()}
    return made


HOSTILE = {
    "above": [member("../evil")],
    "above-inside": [member("code/../../evil")],
    "absolute": [member("/tmp/flowc-evil")],
    "empty-name": [member("code//x")],
    "dot": [member("./x")],
    "link-out": [member("code", tarfile.SYMTYPE, ".."), member("code/evil")],
    "link-inside": [member("code/a", tarfile.SYMTYPE, "b")],
    "hard-link": [member("evil", tarfile.LNKTYPE, "/etc/passwd")],
    "device": [member("code/null", tarfile.CHRTYPE)],
    "pipe": [member("code/pipe", tarfile.FIFOTYPE)],
    "twice": [member("code/a"), member("code/a")],
    "file-as-folder": [member("code/a"), member("code/a/b")],
    "folder-as-file": [member("code/a/b"), member("code/a")],
    "path-in-header": [with_headers(path="../evil")],
    "sparse": [with_headers(GNU_sparse_size="9", GNU_sparse_map="0,1", GNU_sparse_numblocks="1")],
    "nothing": [member("code/flow.py")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(name: str, tmp_path: Path) -> None:
    place = container(tmp_path / "c", tar(*HOSTILE[name]))

    done = place.task("start")

    assert done.returncode == REFUSED, done.stderr
    assert done.stderr.startswith("flowc: ")
    assert "Traceback" not in done.stderr
    outside = {path.name for path in (tmp_path / "c").iterdir()}
    assert outside == {"all.tgz", "empty", f"flowc-{os.geteuid()}"}
    if name != "nothing":
        assert place.unpacked() == []


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    assert "is no package" in refused(container(tmp_path / "c", gzip.compress(b"text" * 999)))
