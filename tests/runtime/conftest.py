"""A project on disk whose flow is run through the shim, as an engine would run it."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
HEADER = """\
from flowc import *

"""


class Project:
    """A flow file, a plan, and a store, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.url = str(self.store)
        self.python = sys.executable
        self.body: list[dict[str, Any]] = []
        self.configs: dict[str, str] = {}
        self.plan: dict[str, Any] = {}

    def write(
        self,
        source: str,
        steps: dict[str, dict[str, Any]],
        body: list[dict[str, Any]],
        *,
        header: str = HEADER,
    ) -> None:
        """Write the flow `F`, whose class body is `source`, and its plan."""
        names = list(steps)
        plan = {
            "version": 1,
            "flow": "F",
            "file": "flow.py",
            "start": names[0],
            "end": names[-1],
            "parameters": [],
            "configs": self.configs,
            "steps": steps,
            "body": body,
            **self.plan,
        }
        self.body = body
        code = textwrap.indent(textwrap.dedent(source), "    ")
        text = f'{header}\nclass F(FlowSpec):\n{code}\nif __name__ == "__main__":\n    F()\n'
        (self.folder / "flow.py").write_text(text)
        (self.folder / "plan.json").write_text(json.dumps(plan))

    def linear(self, source: str, *steps: str, header: str = HEADER, **first: Any) -> None:
        """Write a flow whose steps follow each other; `first` is said of the first one."""
        entries: dict[str, dict[str, Any]] = {
            name: {"kind": "linear", "next": [after]} for name, after in pairwise(steps)
        }
        entries[steps[-1]] = {"kind": "end"}
        entries[steps[0]] |= first
        self.write(source, entries, [{"task": name} for name in steps], header=header)

    def step(
        self, name: str, path: str = "t", *words: str, attempt: int | str = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one attempt of a task."""
        return self.shim(
            *("step", name, "--plan", "plan.json", "--store", self.url, "--run", "1"),
            *("--path", path, "--attempt", str(attempt), "--wait", "0", *words),
            **environment,
        )

    def shim(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the shim."""
        return subprocess.run(
            [self.python, "-m", "flowc.runtime", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *words: str) -> list[str]:
        """Run the whole flow like an engine; the tasks in order, as `step path`."""
        ran: list[str] = []
        self._block(self.body, "t", words, ran)
        return ran

    def artifact(self, name: str, step: str, path: str = "t", attempt: int = 0) -> Any:
        """The value of an artifact, as it is in the store."""
        sha = self.listing(step, path, attempt)["objects"][name]
        return pickle.loads(gzip.decompress(self.stored(f"data/{sha[:2]}/{sha}") or b""))

    def listing(self, step: str, path: str = "t", attempt: int = 0) -> Any:
        """What `<attempt>.data.json` says."""
        return json.loads(self.stored(f"1/{step}/{path}/{attempt}.data.json") or b"")

    def record(self, kind: str, step: str, path: str = "t") -> Any:
        """A control or done record, or `None`."""
        return json.loads(self.stored(f"1/_flowc/{kind}/{step}/{path}.json") or b"null")

    def stored(self, key: str) -> bytes | None:
        """What the store has of the flow under a key."""
        return open_store(self.url).read(f"F/{key}")

    def _block(
        self, body: list[dict[str, Any]], path: str, words: Sequence[str], ran: list[str]
    ) -> dict[str, str]:
        told: dict[str, str] = {}
        for region in body:
            if "task" in region:
                told = self._task(region["task"], path, () if ran else words, ran)
            elif "split" in region:
                for branch in region["branches"]:
                    self._block(branch, path, words, ran)
            elif "foreach" in region:
                paths = [f"{path}.{i}" for i in range(int(told["count"]))]
                # The members of a gang wait for each other.
                with ThreadPoolExecutor(len(paths) if region.get("gang") else 1) as side_by_side:
                    blocks = [(region["body"], each, words, ran) for each in paths]
                    list(side_by_side.map(lambda block: self._block(*block), blocks))
            elif "switch" in region:
                told = self._block(region["arms"][told["next"]], path, words, ran)
            else:
                told = self._block(region["body"], path, words, ran)
                while told["next"] == region["to"]:
                    told = self._block(region["body"], told["path"], words, ran)
        return told

    def _task(self, step: str, path: str, words: Sequence[str], ran: list[str]) -> dict[str, str]:
        control = self.folder / f"control-{len(ran)}"
        done = self.step(step, path, "--control", str(control), *words)
        assert done.returncode == 0, done.stderr
        ran.append(f"{step} {path}")
        return {file.name: file.read_text() for file in control.iterdir()}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
