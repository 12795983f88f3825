"""Kubeflow Pipelines on this machine: kfp.local, in one process for all tests of a session.

`make kubeflow` installs it; without it, what needs it is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FOLDER = Path(__file__).parent
_REPOSITORY = _FOLDER.parents[1]
_ENVIRONMENT = Path(sys.prefix) / "kubeflow"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run has ended, and what kfp says of one that has failed."""

    state: str
    error: str = ""


class Kfp:
    """The process that runs pipelines, one after the other."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def run(
        self,
        file: Path,
        run: str,
        folder: Path,
        environment: Mapping[str, str],
        arguments: Mapping[str, object],
    ) -> Ended:
        """How a run with that id ends, whose tasks find that folder and environment."""
        where = {"folder": str(folder), "environment": dict(environment)}
        told = self._ask({"run": run, "file": str(file), "arguments": dict(arguments), **where})
        return Ended(**told)

    def refused(self, files: Iterable[Path]) -> Mapping[str, str]:
        """What kfp has against files of pipelines, by file."""
        found: Mapping[str, str] = self._ask({"check": [str(file) for file in files]})["errors"]
        return found

    def compiled(self, name: str) -> str:
        """What the SDK compiles a pipeline of `written.py` to."""
        return str(self._ask({"compile": name})["text"])

    def log(self) -> str:
        """What the last run has printed, and its tasks."""
        return self._log.read_text()[-20000:]

    def _ask(self, request: Mapping[str, object]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        with self._log.open("r+") as log:
            log.truncate()
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log()
        told = json.loads(line)
        assert "raised" not in told, told["raised"]
        return told


@contextmanager
def running(folder: Path) -> Iterator[Kfp]:
    """A process that lives as long as the context lasts; what it prints is in that folder."""
    locked = (_FOLDER / "requirements.txt").read_text()
    made = _ENVIRONMENT / ".ready"
    if not made.exists() or made.read_text() != locked:
        pytest.skip("there is no Kubeflow Pipelines; `make kubeflow` installs it")
    path = folder / "kfp.log"
    python = _ENVIRONMENT / "bin" / "python"
    with path.open("ab") as log:
        process = subprocess.Popen(
            # Without the worker's own folder, whose files might be taken for modules of kfp's.
            (str(python), "-P", str(_FOLDER / "worker.py")),
            env=_environment(python),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    with process:
        yield Kfp(process, path)


def _environment(python: Path) -> Mapping[str, str]:
    """The environment of this process, in which `python` is the one with kfp, and has flowc."""
    kept = {name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"}
    path = os.pathsep.join((str(python.parent), os.environ["PATH"]))
    return {**kept, "PATH": path, "PYTHONPATH": str(_REPOSITORY), "PYTHONWARNINGS": "ignore"}
