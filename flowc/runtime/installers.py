"""Fills a folder with an environment: by uv where there is one, or else by venv and pip.

Both are given the user's own variables, such as `PIP_INDEX_URL` and `UV_INDEX_URL`.
"""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH118, PTH120

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from flowc.runtime.errors import InstallError, RefusalError, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.runtime.environments import Wanted

# What would make the installers see or fill another place than the environment.
_NOT_INHERITED = frozenset(
    {"PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"}
)
_OLDEST = (3, 9)
_VERSION = re.compile(r"\d+(\.\d+)*")
_LONGEST = 500

# What the installers say of an index that does not answer, which it may do later.
_UNREACHED = re.compile(
    r"connection broken|connecterror|newconnectionerror|failed to establish|failed to fetch|"
    r"error sending request|request failed after|timed out|proxyerror|name resolution|"
    r"\b(429|5\d\d) (server error|too many)|dns error",
    re.IGNORECASE,
)
# What no later attempt would find otherwise.
_HOPELESS = re.compile(
    r"no matching distribution|no solution found|resolutionimpossible|invalid requirement|"
    r"failed to parse|no interpreter found|invalid version request|conflicting dependencies|"
    r"expected package name",
    re.IGNORECASE,
)
_MARKS = "\u00d7╰─▶│├ "
_HEADS = re.compile(r"^(error|cause|hint|warning): *", re.IGNORECASE)


def install(wanted: Wanted, place: str) -> None:
    """Make an environment in an empty folder."""
    python = _interpreter(wanted)
    tell(f"step `{wanted.step}` gets an environment of its own: {wanted}")
    uv = _uv()
    if uv:
        _run(wanted, place, [uv, "venv", "--quiet", "--no-project", "--python", python, place])
        pip = [uv, "pip", "install", "--quiet", "--python", _python(place)]
    else:
        _make_bare(wanted, python, place)
        pip = [_python(place), "-m", "pip", "install", "--quiet", "--no-input"]
        pip.append("--disable-pip-version-check")
    if wanted.requirements:
        _run(wanted, place, [*pip, "--", *wanted.requirements])


def _python(place: str) -> str:
    return os.path.join(place, "bin", "python")


def _uv() -> str:
    """The uv on the path, or else beside this Python."""
    return shutil.which("uv") or shutil.which("uv", path=os.path.dirname(sys.executable)) or ""


def _interpreter(wanted: Wanted) -> str:
    """The path of a Python as it is wanted, or what uv is to look for."""
    asked = wanted.python
    if not asked:
        return sys.executable
    if _VERSION.fullmatch(asked):
        parts = tuple(map(int, asked.split(".")))
        if parts[:2] < _OLDEST[: len(parts)]:
            raise RefusalError(
                f"step `{wanted.step}` asks for Python {asked}, but flowc's runtime needs 3.9 or "
                "later"
            )
        found = _find(parts)
        if found:
            return found
    if _uv():
        return asked
    raise RefusalError(
        f"step `{wanted.step}` asks for Python {asked}, which is not here; install it or uv, which "
        "fetches it, where the task runs"
    )


def _find(version: tuple[int, ...]) -> str:
    """This Python or one on the path that has a version; nothing if there is none."""
    if sys.version_info[: len(version)] == version:
        return sys.executable
    found = shutil.which("python" + ".".join(map(str, version[:2])))
    if not found:
        return ""
    words = [found, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
    told = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    fits = f"{told}.".startswith(".".join(map(str, version)) + ".")
    return found if fits else ""


def _make_bare(wanted: Wanted, python: str, place: str) -> None:
    try:
        _run(wanted, place, [python, "-m", "venv", place])
    except InstallError as error:
        raise RefusalError(
            f"{error}; install the module venv of that Python (Debian's `python3-venv`), or uv, "
            "where the task runs"
        ) from None


def _run(wanted: Wanted, place: str, words: Sequence[str]) -> None:
    """Run an installer; raises what it says if it fails."""
    done = subprocess.run(
        words,
        env={name: text for name, text in os.environ.items() if name not in _NOT_INHERITED},
        # The settings of a project around the flow are not meant for the step.
        cwd=os.path.dirname(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode == 0:
        return
    output = done.stdout.decode(errors="replace")
    why = _told(output) or f"`{os.path.basename(words[0])}` ended with {done.returncode}"  # noqa: PTH119
    message = f"cannot make the environment of step `{wanted.step}`: {why}"
    if _HOPELESS.search(output) and not _UNREACHED.search(output):
        raise RefusalError(message)
    raise InstallError(message)


def _told(output: str) -> str:
    """What an installer says of its failure, in one line."""
    lines = [line.strip(_MARKS) for line in output.splitlines()]
    lines = [line for line in lines if line]
    # Pip ends with its errors, of which the last one names the package.
    of_pip = [line for line in lines if line.startswith("ERROR:")]
    starts = [at for at, line in enumerate(lines) if line.startswith(("error:", "No solution"))]
    if of_pip:
        lines = of_pip[-1:]
    elif starts:
        lines = [line for line in lines[starts[0] :] if not line.startswith("hint:")]
    else:
        lines = lines[-1:]
    told = ": ".join(_HEADS.sub("", line).rstrip(":.") for line in lines)
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"
