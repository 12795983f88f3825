"""Git, as a command on this machine; nothing is ever asked of whoever sits before it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from flowc.errors import EngineError

_SECONDS = 300
# What an address may hold besides the address.
_USER = re.compile(r"://[^/@\s]+@")


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


def _run(folder: Path, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    settings = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *words],  # noqa: S607 (git is where the path has it)
            env={**os.environ, **settings},
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
