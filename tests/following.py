"""An engine that knows only the plan, and runs its tasks in this process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowc.runtime.options import parse_options
from flowc.runtime.task import run_task

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = "run-1"


class Following:
    """An engine that knows only the plan: it hands on paths and never makes one but by an index."""

    def __init__(self, folder: Path, run: str = RUN, *words: str) -> None:
        self._words = ["--run", run, *words]
        self._given = {"plan": folder / "plan.json", "source": folder, "store": folder / "store"}

    def block(self, block: list[Mapping[str, Any]], path: str) -> Mapping[str, Any]:
        """Run a block; what its last task decided."""
        decided: Mapping[str, Any] = {}
        for region in block:
            decided = self._region(region, path, decided)
        return decided

    def _region(
        self, region: Mapping[str, Any], path: str, decided: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        match region:
            case {"task": step}:
                return self._task(step, path)
            case {"split": _, "branches": branches}:
                for branch in branches:
                    self.block(branch, path)
            case {"foreach": _, "body": [{"task": step}], "gang": True}:
                self._gang(step, [f"{path}.{index}" for index in range(decided["count"])])
            case {"foreach": _, "body": body}:
                for index in range(decided["count"]):
                    self.block(body, f"{path}.{index}")
            case {"switch": _, "arms": arms}:
                self.block(arms[decided["next"]], path)
            case {"loop": _, "to": header, "body": body}:
                return self._loop(header, body, path)
        return {}

    def _loop(self, header: str, body: list[Mapping[str, Any]], path: str) -> Mapping[str, Any]:
        decided = self.block(body, path)
        while decided["next"] == header:
            decided = self.block(body, decided["path"])
        return decided

    def _gang(self, step: str, paths: list[str]) -> None:
        """Run the members side by side, since they wait for each other."""
        children = [self._forked(step, path) for path in paths]
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)

    def _forked(self, step: str, path: str) -> int:
        child = os.fork()
        if child == 0:
            try:
                self._task(step, path)
                os._exit(0)
            except BaseException:  # noqa: BLE001 (the child must end here, whatever happens)
                traceback.print_exc()
                os._exit(1)
        return child

    def _task(self, step: str, path: str) -> Mapping[str, Any]:
        words = [word for name, value in self._given.items() for word in (f"--{name}", str(value))]
        words += [*self._words, "--path", path, "--attempt", "0", "--wait", "0"]
        decisions = run_task(parse_options(["step", step, *words], {}))
        return decisions[0][1].entries() if decisions else {}


class ByRegion(Following):
    """The same, but whatever fans out or loops runs in containers of its own: two for a foreach."""

    def __init__(self, folder: Path, jobs: int) -> None:
        super().__init__(folder)
        self._jobs = jobs

    def _region(
        self, region: Mapping[str, Any], path: str, decided: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        match region:
            case {"foreach": at, "gang": True}:
                self._container(at, path)
            case {"foreach": at}:
                for slot in range(min(2, decided["count"])):
                    self._container(at, path, "--slots", "2", "--slot", str(slot))
            case {"loop": at}:
                return self._container(at, path)
            case _:
                return super()._region(region, path, decided)
        return {}

    def _container(self, at: str, path: str, *more: str) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory() as control:
            options = {**self._given, "run": RUN, "path": path, "jobs": self._jobs, "wait": 0}
            words = [f"--{name}={value}" for name, value in options.items()]
            command = [sys.executable, "-m", "flowc.runtime", "region", at, *words, *more]
            done = subprocess.run(
                [*command, "--control", control], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return {file.name: file.read_text() for file in Path(control).iterdir()}
