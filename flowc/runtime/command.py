"""`python flow.py run …`: hands over to `python -m flowc run flow.py:Flow …`."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def start_command(flow: str) -> NoReturn:
    """Replace this process by the `flowc` command for the flow in the file that Python runs."""
    file = sys.modules["__main__"].__file__ or sys.argv[0]
    words = [sys.executable, "-m", "flowc", *command_words(file, flow, sys.argv[1:])]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(words[0], words)  # noqa: S606 (there is no shell)


# Options may stand before the command, as Metaflow wants them to, and their values are words too.
COMMANDS = (
    "artifacts",
    "compile",
    "graph",
    "lint",
    "logs",
    "package",
    "pull",
    "rule",
    "run",
    "runs",
)

# What comes before the flow is the command, and for some a second word.
SECOND_WORDS = {"package": ("build", "ls")}


def command_words(file: str, flow: str, arguments: Sequence[str]) -> list[str]:
    """What follows `python -m flowc`: the command, the flow, then all other arguments.

    Runs are kept by the flow's name, and a run's own name begins with it.
    """
    plain = [word for word in arguments if not word.startswith("-")]
    command = next((word for word in plain if word in COMMANDS), plain[0] if plain else None)
    if command is None:
        return ["--help"]
    rest = list(arguments)
    rest.remove(command)
    if command == "runs":
        return [command, flow, *rest]
    if command in {"artifacts", "logs", "pull"}:
        return [command, *rest]
    second = [word for word in rest if word in SECOND_WORDS.get(command, ())][:1]
    for word in second:
        rest.remove(word)
    if command in SECOND_WORDS and not second:
        return [command, "--help"]
    return [command, *second, f"{file}:{flow}", *rest]
