"""Pods as Kubernetes starts them for Argo, as processes of this machine."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Payload: TypeAlias = dict[str, Any]

KILLED = 137
POD_IP = {"fieldRef": {"fieldPath": "status.podIP"}}
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Process:
    """What a container runs: mounts are replaced by folders, `python` by this interpreter."""

    words: tuple[str, ...]
    variables: Mapping[str, str]
    folder: Path
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Exit:
    """How it ended, with what it wrote to both streams."""

    code: int
    output: str


Runner: TypeAlias = Callable[[Process], Exit]


def spawn(process: Process) -> Exit:
    """Run the container's command as a new process, with nothing but its own variables."""
    try:
        ended = subprocess.run(
            process.words,
            cwd=process.folder,
            env={"PATH": os.environ["PATH"], **process.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=process.deadline,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Exit(KILLED, "the pod was active on the node longer than the specified deadline")
    return Exit(ended.returncode, ended.stdout)


def fork(process: Process) -> Exit:
    """Run `python -m MODULE …` in a fork of this process: no time goes into starting Python."""
    python, flag, module, *words = process.words
    assert (python, flag) == (sys.executable, "-m"), process.words
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            _become(process, module, words, output.fileno())
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return Exit(os.waitstatus_to_exitcode(status), output.read())


def _become(process: Process, module: str, words: list[str], output: int) -> None:
    code = 1
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        # The streams as pytest has them do not write to the descriptors.
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        os.chdir(process.folder)
        os.environ.clear()
        os.environ.update(process.variables)
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except BaseException:  # noqa: BLE001 (the child must end here, whatever happens)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@dataclass(frozen=True, slots=True)
class Pod:
    """One attempt at a container template; `folders` has what is mounted, by mount path."""

    container: Payload
    folders: Mapping[str, Path]
    deadline: float | None

    def process(self, source: Path) -> Process:
        """The container's own command, as a process in the folder of the flow's source."""
        variables = self._variables()
        words = [*self.container["command"], *self.container.get("args", [])]
        expanded = [self._on_this_machine(expand(word, variables)) for word in words]
        local = {name: self._on_this_machine(value) for name, value in variables.items()}
        python = [sys.executable if word == "python" else word for word in expanded[:1]]
        return Process((*python, *expanded[1:]), local, source, self.deadline)

    def file(self, path: str) -> Path:
        """Where a file inside the container lies on this machine; it must be in a mount."""
        local = self._on_this_machine(path)
        assert local != path, f"{path} is in no volume"
        return Path(local)

    def _variables(self) -> dict[str, str]:
        variables: dict[str, str] = {}
        for entry in self.container.get("env", []):
            value = LOOPBACK if entry.get("valueFrom") == POD_IP else entry["value"]
            assert isinstance(value, str), f"variable {entry} is no string"
            variables[entry["name"]] = expand(value, variables)
        return variables

    def _on_this_machine(self, text: str) -> str:
        if not self.folders:
            return text
        longest_first = sorted(self.folders, key=len, reverse=True)
        mount_path = "|".join(map(re.escape, longest_first))
        inside = rf"(?<![\w.-])({mount_path})(?=/|$)"
        return re.sub(inside, lambda found: str(self.folders[found[1]]), text)


@contextmanager
def started(container: Payload, volumes: Mapping[str, Path | None]) -> Iterator[dict[str, Path]]:
    """The folders of a container's mounts; a volume without a folder is empty, and new."""
    with tempfile.TemporaryDirectory(prefix="pod-") as scratch:
        folders: dict[str, Path] = {}
        for mount in container.get("volumeMounts", []):
            assert mount["mountPath"] not in folders, f"two mounts at {mount['mountPath']}"
            folder = volumes[mount["name"]] or Path(scratch) / mount["name"]
            folder.mkdir(parents=True, exist_ok=True)
            folders[mount["mountPath"]] = folder
        yield folders


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Kubernetes' `$(NAME)`, with `$$` for one dollar sign and unknown names left alone."""

    def replacement(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else variables.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", replacement, text)
