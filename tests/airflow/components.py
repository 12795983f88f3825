"""Components of Airflow, each a process of its own, that end with whoever started this one.

`python components.py FOLDER 'scheduler' 'triggerer' 'api-server --port 8080'`, under Airflow's
Python and as the leader of a session. Each is what `airflow` with these words is, but for the
seconds in which it is imported, once for all. What one prints is in `FOLDER/<its name>.log`. When
standard input ends, so does every process of the session.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path


def begin(folder: Path, words: list[str]) -> None:
    if os.fork():
        return
    with (folder / f"{words[0]}.log").open("wb") as log:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    sys.argv = ["airflow", *words]
    from airflow.__main__ import main

    main()
    os._exit(0)


def end() -> None:
    """Kill all others of the session, which some tasks of Airflow's leave the group of."""
    while others := [process for process in _processes() if _is_other(process)]:
        for process in others:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _is_other(process: int) -> bool:
    try:
        return process != os.getpid() and os.getsid(process) == os.getpid()
    except ProcessLookupError:
        return False


if __name__ == "__main__":
    import airflow.cli.cli_parser
    import airflow.models

    airflow.cli.cli_parser.get_parser()
    for each in sys.argv[2:]:
        begin(Path(sys.argv[1]), each.split())
    try:
        sys.stdin.read()
    finally:
        end()
