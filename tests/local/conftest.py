"""Flows written in a test and run by the engine, through the real shim."""

from __future__ import annotations

import gzip
import json
import pickle
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from flowc import driver
from flowc.local.engine import run
from flowc.local.run_id import new_run_id
from flowc.local.settings import RunSettings
from flowc.resume import Resumed

if TYPE_CHECKING:
    from flowc.ir.flow import Flow
    from flowc.local.events import Event, RunResult

E = TypeVar("E")

HEADER = """
import os, signal, subprocess, sys, time
from flowc import FlowSpec, Parameter, catch, current, environment, parallel, retry, step, timeout


"""


def read(file: Path) -> Flow:
    reading = driver.read_flow(str(file))
    assert reading.flow, reading.diagnostics
    return reading.flow


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@dataclass
class Lab:
    """A folder with a flow and a store."""

    folder: Path
    events: list[Event] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def write(self, source: str) -> Path:
        file = self.folder / "flow.py"
        file.write_text(HEADER + textwrap.dedent(source))
        return file

    def run(
        self,
        source: str,
        max_workers: int = 16,
        timeout_grace: float = 60,
        resumed: tuple[str, ...] = (),
    ) -> RunResult:
        """Run a flow. `resumed` is a run to take up, and the steps to run again."""
        flow = read(self.write(source))
        run_id = new_run_id(self.store, flow.name)
        origin = Resumed(flow, str(self.store), resumed[0], resumed[1:]) if resumed else None
        settings = RunSettings(
            run=run_id,
            resumption=origin.resumption(run_id) if origin else None,
            store=self.store,
            source=self.folder,
            max_workers=max_workers,
            timeout_grace=timeout_grace,
        )
        return run(flow, settings, self.events.append)

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def artifacts(self, result: RunResult, step: str = "end", path: str = "t") -> dict[str, object]:
        done = json.loads((result.folder / "_flowc" / "done" / step / f"{path}.json").read_text())
        attempt = f"{done['attempt']}.data.json"
        objects = json.loads((result.folder / step / path / attempt).read_text())["objects"]
        return {name: self._value(result.flow, sha) for name, sha in objects.items()}

    def _value(self, flow: str, sha: str) -> object:
        blob = self.store / flow / "data" / sha[:2] / sha
        return pickle.loads(gzip.decompress(blob.read_bytes()))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)
