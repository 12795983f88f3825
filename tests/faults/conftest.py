"""A flow whose tasks run in forks that can be killed anywhere, several of one task at once."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowc import driver
from flowc.ir.plan import render_plan
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HEADER = "import os, time\nfrom flowc import *\n\n\n"


class Forker:
    """A process that has loaded the shim and runs each task in a fork of itself."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-B", str(Path(__file__).with_name("forker.py"))],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *launches: dict[str, Any]) -> list[int]:
        """The exit codes of tasks that run at once, negative for a signal."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(launches) + "\n")
        self._process.stdin.flush()
        codes: list[int] = json.loads(self._process.stdout.readline())
        return codes

    def close(self) -> None:
        self._process.communicate()


class Site:
    """The flow `F` and its plan in a folder, and a store there or at a URL."""

    def __init__(self, folder: Path, forker: Forker) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.url = str(self.store)
        self.environment: dict[str, str] = {}
        self._forker = forker

    def write(self, source: str) -> None:
        """Write the flow and its plan."""
        file = self.folder / "flow.py"
        file.write_text(HEADER + textwrap.dedent(source))
        reading = driver.read_flow(str(file))
        assert reading.flow, reading.diagnostics
        (self.folder / "plan.json").write_text(render_plan(reading.flow))

    def launch(
        self, step: str, path: str = "t", *, to: str = "control", **harm: int
    ) -> dict[str, Any]:
        """One execution of a task; it writes what it decided into the folder `to`.

        `harm` is its `attempt`, and where and how `forker.py` is to harm it.
        """
        shutil.rmtree(self.folder / to, ignore_errors=True)
        (self.folder / to).mkdir()
        words = ["step", step, "--plan", "plan.json", "--store", self.url, "--run", "1"]
        words += ["--path", path, "--attempt", str(harm.get("attempt", 0)), "--wait", "0"]
        return {
            "words": [*words, "--control", str(self.folder / to)],
            "folder": str(self.folder),
            "environment": self.environment,
            "log": str(self.folder / "log"),
            "kill": harm.get("kill", 0),
            "error": harm.get("error", 0),
        }

    def run(self, *launches: dict[str, Any]) -> list[int]:
        """The exit codes of executions that run at once."""
        return self._forker.run(*launches)

    def step(self, step: str, path: str = "t", **harm: int) -> int:
        """The exit code of one execution of a task."""
        return self.run(self.launch(step, path, **harm))[0]

    def decided(self, to: str = "control") -> dict[str, str]:
        """What an execution has told its engine."""
        return {file.name: file.read_text() for file in (self.folder / to).iterdir()}

    def log(self) -> str:
        """What all executions have written."""
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def record(self, kind: str, step: str, path: str = "t") -> Any:
        """A record, or `None`."""
        return self._entries(f"1/_flowc/{kind}/{step}/{path}.json")

    def listing(self, step: str, path: str = "t", attempt: int = 0) -> Any:
        """What `<attempt>.data.json` says, or `None`."""
        return self._entries(f"1/{step}/{path}/{attempt}.data.json")

    def values(self, step: str, path: str = "t") -> dict[str, Any]:
        """The artifacts of a committed task, all of which must be whole."""
        done = self.record("done", step, path)
        rest = self._entries(f"1/_flowc/rest/{done['rest']}.json") if "rest" in done else {}
        artifacts = {**done, **rest}["artifacts"]
        return {name: self._value(sha, size) for name, (sha, size, _) in artifacts.items()}

    def _value(self, sha: str, size: int) -> Any:
        content = gzip.decompress(self._content(f"data/{sha[:2]}/{sha}") or b"")
        assert (sha1(content).hexdigest(), len(content)) == (sha, size)
        return pickle.loads(content)

    def _entries(self, key: str) -> Any:
        return json.loads(self._content(key) or b"null")

    def _content(self, key: str) -> bytes | None:
        return open_store(self.url).read(f"F/{key}")


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    forker = Forker()
    yield forker
    forker.close()


@pytest.fixture
def site(tmp_path: Path, forker: Forker) -> Site:
    return Site(tmp_path, forker)
