"""Artifacts that would be much of the memory if they were pickled in it."""

from __future__ import annotations

import gzip
import os
import pickle
import random
import subprocess
import sys
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from runtime.conftest import ROOT

from flowc.runtime.artifacts import Artifact, Artifacts
from flowc.runtime.errors import ArtifactError
from flowc.runtime.store import FileStore, open_store

if TYPE_CHECKING:
    from s3_server import Server

MIB = 1024 * 1024


def strings(size: int) -> list[str]:
    letters = random.Random(1)
    return [f"{i} {letters.getrandbits(4000):x}" for i in range(size // 1000)]


VALUES = {
    "many strings": strings(9 * MIB),
    "one of bytes": b"0123456789abcdef" * MIB,
    "zeros": bytes(64 * MIB),
    "nested": {"text": "ü" * 9 * MIB, "rest": [bytearray(3 * MIB), (1, 2), bytes(5 * MIB)]},
}


@pytest.mark.parametrize("kind", ["file", "s3", "rclone"])
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_large_artifact_is_stored_as_a_small_one(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any, kind: str, value: object
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    server: Server | None = None if kind == "file" else request.getfixturevalue(kind)
    store = open_store(f"s3://{server.bucket()}" if server else str(tmp_path / "store"))
    artifacts = Artifacts(store, "F")

    saved = artifacts.save("x", value)

    content = pickle.dumps(value, protocol=4)
    assert (saved.sha, saved.size) == (sha1(content).hexdigest(), len(content))
    assert gzip.decompress(store.read(f"F/data/{saved.sha[:2]}/{saved.sha}") or b"") == content
    assert artifacts.load("x", saved) == value
    assert list(tmp_path.rglob(".*")) == []


def test_a_large_artifact_is_written_once(tmp_path: Path) -> None:
    artifacts = Artifacts(FileStore(str(tmp_path)), "F")
    saved = artifacts.save("x", VALUES["zeros"])
    blob = tmp_path / "F/data" / saved.sha[:2] / saved.sha
    blob.write_bytes(b"left alone")

    artifacts.save("y", VALUES["zeros"])

    assert blob.read_bytes() == b"left alone"
    assert [file.name for file in tmp_path.iterdir()] == ["F"]


class Fails:
    def __reduce__(self) -> str:
        raise ValueError("no")


def test_a_value_that_fails_late_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="cannot be pickled: no"):
        Artifacts(FileStore(str(tmp_path)), "F").save("x", [bytes(9 * MIB), Fails()])

    assert list(tmp_path.rglob("*")) == []


def corrupted(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "cut": content[:middle],
        "cut at its end": content[:-1],
        "empty": b"",
        "changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "checked": content[:-8] + bytes(4) + content[-4:],
    }


@pytest.mark.parametrize("change", corrupted(b"xyz"))
def test_a_large_blob_that_is_corrupt_is_named(tmp_path: Path, change: str) -> None:
    store = FileStore(str(tmp_path))
    content = gzip.compress(pickle.dumps(os.urandom(9 * MIB), protocol=4), 1)
    store.write("F/data/12/1234", corrupted(content)[change])

    with pytest.raises(ArtifactError, match="artifact `x` is corrupt: F/data/12/1234: "):
        Artifacts(store, "F").load("x", Artifact("1234", 9 * MIB, ""))


def test_a_large_blob_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="artifact `x` is missing: there is no F/data/12/1234"):
        Artifacts(FileStore(str(tmp_path)), "F").load("x", Artifact("1234", 9 * MIB, ""))


# What a process needs in MiB at most beyond the value, while it stores and loads it.
PEAK = """
import os, resource, sys
from flowc.runtime.artifacts import Artifacts
from flowc.runtime.store import open_store

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

url, mib, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
artifacts = Artifacts(open_store(url), "F")
artifacts.save("warm", bytes(9 << 20))
value = [eval(text) for i in range(mib * 1024)]
last = value[-1]
before = peak()
saved = artifacts.save("x", value)
stored = peak() - before
del value
value = artifacts.load("x", saved)
assert value[-1] == last and len(value) == mib * 1024
print(stored, peak() - before)
"""


def peaks(url: str, mib: int, text: str) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, url, str(mib), text],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in done.stdout.split()]


def test_storing_and_loading_take_little_more_memory_than_the_value(tmp_path: Path) -> None:
    assert max(peaks(str(tmp_path), 256, "f'{i:01000}'")) < 64


def test_storing_and_loading_on_s3_take_little_more_memory_than_the_value(s3: Server) -> None:
    bucket = s3.bucket()

    assert max(peaks(f"s3://{bucket}", 64, "os.urandom(500).hex()")) < 64

    # It went in several parts.
    sizes = [len(s3.get(bucket, key)) for key in s3.keys(bucket)]
    assert max(sizes) > 16 * MIB
