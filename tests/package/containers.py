"""Containers that have nothing but Python and a package, as processes of this machine."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from package.packed import archived

from flowc.ir.flow import Flow
from flowc.ir.region import Block, Foreach, Loop, Split, Switch
from flowc.ir.region import Task as TaskRegion
from flowc.targets.start import start_words

REFUSED = 64


@dataclass
class Container:
    """A folder with a package and a store, and Python without site-packages in another one."""

    folder: Path
    sha256: str
    flags: tuple[str, ...] = ("-I", "-S")

    @property
    def package(self) -> Path:
        return self.folder / "all.tgz"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def words(self, step: str, path: str = "t", *more: str, key: str = "") -> list[str]:
        """The command of a task; `-S` and `-I` leave nothing of this environment to import."""
        start = start_words(self.sha256, package="" if key else str(self.package), key=key)
        options = ("--store", str(self.store), "--run", "packed", "--path", path)
        return [sys.executable, *self.flags, *start[1:], "step", step, *options, *more]

    def start(
        self, words: Sequence[str], variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        own = {"TMPDIR": str(self.folder), "PATH": os.environ["PATH"]}
        environment = {**own, **(variables or {})}
        return subprocess.run(
            words, cwd=empty, env=environment, capture_output=True, text=True, check=False
        )

    def task(self, step: str, path: str = "t", *more: str) -> subprocess.CompletedProcess[str]:
        return self.start(self.words(step, path, *more))

    def unpacked(self) -> list[Path]:
        """All that lies where packages are unpacked."""
        return list((self.folder / f"flowc-{os.geteuid()}").iterdir())


def container(folder: Path, archive: bytes, sha256: str = "") -> Container:
    """A container with an archive; it expects just that content, if nothing else is said."""
    folder.mkdir(exist_ok=True)
    (folder / "all.tgz").write_bytes(archive)
    return Container(folder, sha256 or hashlib.sha256(gzip.decompress(archive)).hexdigest())


def packed(flow: Path, folder: Path) -> Container:
    return container(folder, *archived(flow))


class Engine:
    """Runs a flow's tasks one after the other, each from the package."""

    def __init__(self, flow: Flow, place: Container) -> None:
        self._flow = flow
        self._place = place

    def block(self, block: Block, path: str = "t") -> dict[str, str]:
        told: dict[str, str] = {}
        for region in block:
            match region:
                case TaskRegion(step):
                    told = self._task(step, path)
                case Split(_, branches):
                    for branch in branches:
                        self.block(branch, path)
                case Foreach(_, body):
                    for index in range(int(told["count"])):
                        self.block(body, f"{path}.{index}")
                case Switch(_, arms):
                    chosen = told["next"]
                    told = self.block(next(arm.body for arm in arms if arm.to == chosen), path)
                case Loop(_, to, body):
                    told = self.block(body, path)
                    while told["next"] == to:
                        told = self.block(body, told["path"])
        return told

    def _task(self, step: str, path: str) -> dict[str, str]:
        control = self._place.folder / "control" / step / path
        words = self._place.words(step, path, "--control", str(control))
        done = self._place.start(words, self._flow.steps[step].environment)
        assert done.returncode == 0, done.stderr
        return {file.name: file.read_text() for file in control.glob("*")}
