"""Environments of their own for steps that name packages: made once for a machine, then used.

An environment is a folder below `FLOWC_ENVIRONMENTS`, or else below the user's cache. It is named
by what is in it, and there for others once the link of that name leads to it.
"""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH103, PTH110, PTH111, PTH115, PTH117, PTH118, PTH123, PTH208, PTH211, PTH108, PTH119

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress

from flowc.runtime.errors import RefusalError
from flowc.runtime.installers import install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import NoReturn

    from flowc.runtime.plan import Step

# Tells a task that it has been started again in its environment, and what it had seen before.
_ENTERED = "FLOWC_ENTERED"
_PLACE = "FLOWC_ENVIRONMENTS"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from flowc.runtime.shim import main; "
    "sys.path.append(sys.path.pop(0)); sys.exit(main(sys.argv[1:]))"
)

# What the runtime itself needs for stores of a kind.
_BOTO3 = {"boto3": ">=1.35"}
_STORES = {
    "s3": _BOTO3,
    "gs": {"gcsfs": ">=2024.9"},
    **{scheme: {"adlfs": ">=2024.7"} for scheme in ("abfs", "az", "azure")},
}
_BARE_SECRETS = frozenset({"environment", "inline"})
# A version that starts with one of them says by itself how it is meant.
_RELATIONS = ("<", ">", "!", "~", "=", "@")


class Wanted:
    """An environment as a step asks for it: a version of Python, or none, and requirements."""

    __slots__ = ("python", "requirements", "step")

    def __init__(self, step: Step, own: Mapping[str, str]) -> None:
        self.step = step.name
        self.python: str = step.packages.get("python", "")
        asked = step.packages.get("pypi", {})
        named = {_normal(name) for name in asked}
        more = {name: version for name, version in own.items() if name not in named}
        self.requirements = sorted(_requirement(*each) for each in {**more, **asked}.items())

    def digest(self) -> str:
        """What names the environment: the same for all that ask for the same."""
        from hashlib import sha256  # noqa: PLC0415 (few tasks come here)

        machine = os.uname()
        # The C library that packages are built for may be another, in another image.
        library = getattr(sys.implementation, "_multiarch", "")
        python = self.python or f"{sys.version_info[:3]} {sys.base_prefix}"
        parts = [python, self.requirements, machine.sysname, machine.machine, library]
        return sha256(json.dumps(parts).encode()).hexdigest()[:20]

    def __str__(self) -> str:
        return ", ".join([*([f"Python {self.python}"] if self.python else []), *self.requirements])


def entered() -> str | None:
    """What `start_again` was told had been seen; None if this process is not what it started."""
    return os.environ.pop(_ENTERED, None)


def made(step: Step, own: Mapping[str, str]) -> str:
    """The folder of a step's environment, once it is there; it also has what is not the step's."""
    wanted = Wanted(step, own)
    folder = _folder()
    try:
        return _made(wanted, folder)
    except OSError as error:
        raise RefusalError(
            f"cannot make environments in `{folder}`: {error.strerror}; name another folder by "
            f"`{_PLACE}`"
        ) from error


def start_again(place: str, seen: str, arguments: Sequence[str]) -> NoReturn:
    """Become the shim under the Python of an environment, which is told what was seen before."""
    python = python_of(place)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        words = [python, "-c", _START, _beside(place), *arguments]
        told = {**variables(place, os.environ), _ENTERED: seen}
        os.execve(python, words, told)  # noqa: S606 (that is what it is for)
    except OSError as error:
        raise RefusalError(f"cannot start `{python}`: {error.strerror}") from error


def variables(place: str, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that are given, as they are for a Python of that place."""
    inherited = {name: text for name, text in given.items() if name != "PYTHONHOME"}
    path = [os.path.join(place, "bin"), *filter(None, [given.get("PATH")])]
    return {
        **inherited,
        "PATH": os.pathsep.join(path),
        "PYTHONNOUSERSITE": "1",
        "VIRTUAL_ENV": place,
    }


def python_of(place: str) -> str:
    """The Python of an environment."""
    return os.path.join(place, "bin", "python")


def _beside(place: str) -> str:
    """A folder with nothing but this flowc: what else is installed beside it is not to be found."""
    from hashlib import sha256  # noqa: PLC0415 (few tasks come here)

    name = sha256(_PACKAGE.encode()).hexdigest()[:20]
    folder = os.path.join(os.path.dirname(place), "flowc", name)  # noqa: PTH120
    os.makedirs(folder, exist_ok=True)
    with suppress(FileExistsError):
        os.symlink(_PACKAGE, os.path.join(folder, "flowc"))
    return folder


def _folder() -> str:
    told = os.environ.get(_PLACE)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.expanduser(told) if told else os.path.join(cache, "flowc", "environments")
    if told or os.path.isabs(folder):
        return os.path.abspath(folder)  # noqa: PTH100
    raise RefusalError(f"this user has no folder for environments; name one by `{_PLACE}`")


def _made(wanted: Wanted, folder: str) -> str:
    """The folder of an environment, once it is there."""
    link = os.path.join(folder, wanted.digest())
    place = _whole(link)
    if place:
        return place
    os.makedirs(folder, exist_ok=True)
    with _alone(f"{link}.lock") as is_alone:
        return _whole(link) or _make(wanted, link, is_alone=is_alone)


def _make(wanted: Wanted, link: str, *, is_alone: bool) -> str:
    folder, name = os.path.split(link)
    if is_alone:
        _sweep(folder, name)
    # It cannot be moved once it is made, since its scripts name its folder.
    place = tempfile.mkdtemp(prefix=f"{name}-", dir=folder)
    try:
        install(wanted, place)
        os.symlink(os.path.basename(place), link)
    except FileExistsError:
        shutil.rmtree(place, ignore_errors=True)
        return _whole(link)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return place


def _whole(link: str) -> str:
    """Where a link leads, if there is an environment whose Python is still there; else nothing."""
    try:
        place = os.path.join(os.path.dirname(link), os.readlink(link))  # noqa: PTH120
    except OSError:
        return ""
    return place if os.path.exists(python_of(place)) else ""


def _sweep(folder: str, name: str) -> None:
    """Remove what was left by tasks that were killed, and one whose Python has gone."""
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(folder, name))
    for each in os.listdir(folder):
        if each.startswith(f"{name}-"):
            shutil.rmtree(os.path.join(folder, each), ignore_errors=True)


@contextmanager
def _alone(path: str) -> Iterator[bool]:
    """Let one task of this machine after the other in; false on a file system without locks."""
    with open(path, "a", encoding="utf-8") as file:
        is_alone = True
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            is_alone = False
        yield is_alone


def needed(step: Step, store: str) -> Mapping[str, str]:
    """What the runtime itself needs: the versions of packages."""
    scheme = store.partition("://")[0] if "://" in store else ""
    backends = {each.get("type", "") for each in step.secrets.get("sources", ())}
    secrets = _BOTO3 if backends - _BARE_SECRETS else {}
    return {**secrets, **_STORES.get(scheme, {})}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()


def _requirement(name: str, version: str) -> str:
    related = not version or version.startswith(_RELATIONS)
    return f"{name}{version}" if related else f"{name}=={version}"
