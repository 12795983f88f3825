"""The stores, and the artifacts in them."""

from __future__ import annotations

import errno
import gzip
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flowc.runtime.artifacts import Artifact, Artifacts
from flowc.runtime.errors import ArtifactError, RefusalError
from flowc.runtime.store import FileStore, open_store

if TYPE_CHECKING:
    from flowc.runtime.store import Store


UNKNOWN = b"cno_such_module\nname\n."


def refuse(*_: object) -> None:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


@pytest.fixture(params=["file", "file without links", "s3", "rclone", "gcs", "azure"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "file without links":
        monkeypatch.setattr(os, "link", refuse)
    if request.param.startswith("file"):
        return open_store(f"file://{tmp_path}/new")
    server = request.getfixturevalue(request.param)
    if request.param in {"gcs", "azure"}:
        return open_store(f"{server.bucket()}/some/prefix/")
    return open_store(f"s3://{server.bucket()}/some/prefix/")


def test_what_is_written_is_read(store: Store) -> None:
    store.write("a/b/c", b"first")
    store.write("a/b/c", b"second")

    assert store.read("a/b/c") == b"second"
    assert (store.exists("a/b/c"), store.exists("a/b/d")) == (True, False)
    assert (store.read("a/b/d"), store.read("a/b/c/d")) == (None, None)
    assert (store.names("a"), store.names("a/b"), store.names("no")) == (["b"], ["c"], [])
    assert store.names("") == ["a"]


def test_what_is_there_is_not_created_again(store: Store) -> None:
    assert store.create("a/b/c", b"first")
    assert not store.create("a/b/c", b"second")
    assert store.create("a/b/d", b"second")

    assert (store.read("a/b/c"), store.read("a/b/d")) == (b"first", b"second")
    assert store.names("a/b") == ["c", "d"]


def test_of_all_who_create_one_wins(store: Store) -> None:
    contents = [str(number).encode() for number in range(8)]

    with ThreadPoolExecutor(len(contents)) as threads:
        won = list(threads.map(lambda content: store.create("a/b", content), contents))

    assert sum(won) == 1
    assert store.read("a/b") == contents[won.index(True)]


def test_what_is_removed_is_gone(store: Store) -> None:
    store.write("a/b", b"")
    store.write("a/c", b"")

    store.remove("a/b")
    store.remove("a/b")
    store.remove("no/such/key")

    assert store.names("a") == ["c"]


def test_names_are_sorted_and_of_one_level(store: Store) -> None:
    for key in ("a/z", "a/b/deep/er", "a/b/deeper", "a/.hidden", "ab/c", "a/ü x+&%/y"):
        store.write(key, b"")

    assert store.names("a") == ["b", "z", "ü x+&%"]


# What aiohttp has to say of the libraries is not for flowc.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_a_file_can_be_kept_and_opened(store: Store) -> None:
    file = Path(store.scratch()) / ".draft"
    content = bytes(range(256)) * 80_000
    file.write_bytes(content)

    store.keep("a/large", str(file))

    stream = store.open("a/large")
    assert stream
    with stream:
        assert stream.read(100) == content[:100]
        assert stream.read() == content[100:]
    assert store.open("a/other") is None
    assert not file.exists()
    assert store.names("a") == ["large"]


def test_the_first_to_create_a_key_has_it(store: Store) -> None:
    assert store.create("a/one", b"first")
    assert not store.create("a/one", b"second")
    assert store.read("a/one") == b"first"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    store = FileStore(str(tmp_path))
    store.write("key", b"old")

    with pytest.raises(TypeError):
        store.write("key", None)  # type: ignore[arg-type]

    assert store.read("key") == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    name = "x" * 250

    FileStore(str(tmp_path)).write(name, b"")

    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_store_of_another_scheme_is_refused() -> None:
    with pytest.raises(RefusalError, match="no store for `ftp://`"):
        open_store("ftp://bucket")


def test_an_artifact_is_the_gzip_of_its_pickle_named_by_sha1(tmp_path: Path) -> None:
    artifacts = Artifacts(FileStore(str(tmp_path)), "F")

    saved = artifacts.save("x", [1, 2])

    content = pickle.dumps([1, 2], protocol=4)
    assert saved.sha == sha1(content).hexdigest()
    assert saved.entry() == {
        "size": len(content),
        "type": "<class 'list'>",
        "encoding": "pickle-v4",
    }
    blob = tmp_path / "F/data" / saved.sha[:2] / saved.sha
    assert gzip.decompress(blob.read_bytes()) == content
    assert artifacts.load("x", saved) == [1, 2]


def test_an_artifact_is_written_once(tmp_path: Path) -> None:
    artifacts = Artifacts(FileStore(str(tmp_path)), "F")
    saved = artifacts.save("x", [1, 2])
    blob = tmp_path / "F/data" / saved.sha[:2] / saved.sha
    blob.write_bytes(b"left alone")

    artifacts.save("y", [1, 2])

    assert blob.read_bytes() == b"left alone"


def test_a_list_of_artifacts_is_read_back(tmp_path: Path) -> None:
    artifacts = Artifacts(FileStore(str(tmp_path)), "F")
    saved = artifacts.save("x", 1)

    artifacts.write("1/start/t", 3, {"x": saved}, 1.5)

    found = artifacts.read("1/start/t", 3)
    assert found
    assert found["x"].entry() == saved.entry()
    assert artifacts.read("1/start/t", 2) is None
    assert artifacts.started("1/start/t", 3) == 1.5
    assert (tmp_path / "F/1/start/t/3.DONE.lock").read_text() == '""'


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (None, "artifact `x` of task `fit/t` is missing: there is no F/data/"),
        (b"no gzip", "artifact `x` of task `fit/t` is corrupt: F/data/"),
        (gzip.compress(UNKNOWN, mtime=0)[:-9], "artifact `x` of task `fit/t` is corrupt: F/data/"),
        (gzip.compress(b"other", mtime=0), ": its content has another SHA-1; remove that, and run"),
        (
            gzip.compress(UNKNOWN, mtime=0),
            "artifact `x` of task `fit/t` cannot be unpickled: ModuleNot",
        ),
    ],
)
def test_a_blob_that_cannot_be_read_is_named(
    tmp_path: Path, blob: bytes | None, message: str
) -> None:
    store = FileStore(str(tmp_path))
    sha = sha1(UNKNOWN).hexdigest()
    if blob is not None:
        store.write(f"F/data/{sha[:2]}/{sha}", blob)

    with pytest.raises(ArtifactError) as failed:
        Artifacts(store, "F").load("x", Artifact(sha, 0, ""), "fit/t")

    assert message in str(failed.value)
