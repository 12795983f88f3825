"""Runs tasks in forks of itself, several at once if asked to, and kills them where it is told.

Each line that it reads is a list of launches; it answers with their exit codes, negative for a
signal. A launch is killed at the n-th time that it is about to change a file below its folder or
to put something on S3, or, for -1, where it would exit. With an error's number it is not killed,
but from then on each change fails with that error.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from typing import Any

# Forks must not each load boto3.
from flowc.runtime import s3_store, shim  # noqa: F401

# Pathlib would change what is counted.
# ruff: noqa: PTH119

_CHANGES = frozenset({"os.link", "os.mkdir", "os.remove", "os.rename"})
_AT_EXIT = -1


def serve() -> None:
    for line in sys.stdin:
        started = [_fork(launch) for launch in json.loads(line)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


def _fork(launch: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(_run(launch))
    return pid


def _run(launch: dict[str, Any]) -> int:
    try:
        os.chdir(launch["folder"])
        os.environ.update(launch["environment"])
        _redirect(0, os.devnull, os.O_RDONLY)
        _redirect(1, launch["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(1, 2)
        if launch["kill"] > 0:
            _harm_from(launch["kill"], launch["folder"], launch["error"])
        code = shim.main(launch["words"])
        sys.stdout.flush()
        if launch["kill"] == _AT_EXIT:
            os.kill(os.getpid(), signal.SIGKILL)
    except BaseException:  # noqa: BLE001 (a fork must not go on as its parent)
        traceback.print_exc()
        return 99
    return code


def _redirect(number: int, path: str, flags: int) -> None:
    opened = os.open(path, flags, 0o644)
    os.dup2(opened, number)
    os.close(opened)


def _harm_from(number: int, folder: str, error: int) -> None:
    left = number

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if _is_change(event, arguments, folder):
            left -= 1
            if left <= 0 and error and event != "os.remove":
                raise OSError(error, os.strerror(error), arguments[0])
            if left == 0 and not error:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _is_change(event: str, arguments: tuple[Any, ...], folder: str) -> bool:
    if event == "http.client.send":
        return bytes(arguments[1][:4]) == b"PUT "
    if event not in _CHANGES | {"open"} or not str(arguments[0]).startswith(folder):
        return False
    # Nobody sees a draft, so only what becomes of it counts.
    is_draft = os.path.basename(arguments[0]).startswith(".")
    return event != "open" or bool(arguments[2] & (os.O_WRONLY | os.O_RDWR) and not is_draft)


if __name__ == "__main__":
    serve()
