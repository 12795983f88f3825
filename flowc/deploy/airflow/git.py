"""Git, as a command on this machine; nothing is ever asked of whoever sits before it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from flowc.errors import EngineError

_SECONDS = 300
# What an address may hold besides the address.
_USER = re.compile(r"://[^/@\s]+@")


# Nobody is asked for a password, on the terminal or in a window.
_SILENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
# How ssh is called that asks nothing, unless somebody has said how it is.
_SSH = {"GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
_OWN_SSH = ("GIT_SSH_COMMAND", "GIT_SSH")


def git(folder: Path, *words: str) -> str:
    """What a command of git prints, from a folder; an `EngineError` tells what it says."""
    done = _run(folder, words)
    if done.returncode:
        said = _USER.sub("://", " ".join((done.stderr or done.stdout).split()))[:600]
        raise EngineError(f"`git {words[0]}` in {folder} fails: {said or '?'}")
    return done.stdout


def git_or_none(folder: Path, *words: str) -> str | None:
    """What a command of git prints; nothing if it fails."""
    done = _run(folder, words)
    return None if done.returncode else done.stdout


def _ssh(folder: Path, words: tuple[str, ...]) -> Mapping[str, str]:
    """What a command that goes to a remote is told of ssh."""
    if words[0] != "push" or any(os.environ.get(name) for name in _OWN_SSH):
        return {}
    return _SSH if git_or_none(folder, "config", "core.sshCommand") is None else {}


def _run(folder: Path, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *words],  # noqa: S607 (git is where the path has it)
            env={**os.environ, **_SILENT, **_ssh(folder, words)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise EngineError("there is no `git` on this machine, which the DAG files need") from None
    except subprocess.TimeoutExpired:
        raise EngineError(f"`git {words[0]}` in {folder} does not end; look at it") from None
