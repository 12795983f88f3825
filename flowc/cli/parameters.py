"""Words of a command line that are for a flow's parameters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc.ir.flow import Flow


def own_words(own: set[str], options: Mapping[str, str | None]) -> list[str]:
    """The words of options that are the flow's own parameters: Metaflow leaves it their names."""
    given = {name: text for name, text in options.items() if name in own and text}
    return [word for name, text in given.items() for word in (f"--{name}", text)]


def texts(flow: Flow | None, words: Sequence[str], *, complete: bool) -> dict[str, str]:
    """The texts that words give to parameters, by name; without the flow, none is checked."""
    if flow is None:
        return _unchecked(list(words))
    from flowc.local.parameters import parse_parameters

    return parse_parameters(flow, words, complete=complete)


def packed_files(flow: Flow, path: str, given: Mapping[str, str]) -> dict[str, str]:
    """The texts as tasks elsewhere need them: files are named as the flow's folder sees them.

    `UsageError` for a file that is not below that folder, since only those are packed.
    """
    folder = Path(path).absolute().parent
    files = files_of(flow)
    return {
        name: _packed(name, text, folder) if name in files else text for name, text in given.items()
    }


def files_of(flow: Flow) -> frozenset[str]:
    """The parameters whose texts are paths of files."""
    from flowc.ir.flow import ParameterKind

    return frozenset(each.name for each in flow.parameters if each.kind is ParameterKind.FILE)


def _packed(name: str, text: str, folder: Path) -> str:
    file = Path(os.path.normpath(Path(text).expanduser().absolute()))
    if not file.is_relative_to(folder):
        raise UsageError(f"--{name}: only files below {folder} are packed with the flow")
    return file.relative_to(folder).as_posix()


def _unchecked(words: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    while words:
        name, separator, text = words.pop(0).partition("=")
        if not name.startswith("--") or len(name) == len("--"):
            raise UsageError(f"unexpected `{name}`; parameters are given as `--name value`")
        if not separator:
            # What has no value is a switch, as it is for a flow that is known.
            text = words.pop(0) if words and not words[0].startswith("--") else "true"
        given[name[2:]] = text
    return given
