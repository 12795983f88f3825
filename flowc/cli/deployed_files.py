"""Files that parameters name, as the tasks of a deployed flow would read them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.cli.deployment import reader_of
from flowc.cli.output import tell
from flowc.cli.parameters import files_of
from flowc.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from flowc.deploy.runs import Runs
    from flowc.ir.flow import Flow


def check_files(
    runs: Runs, flow: Flow, path: str, given: Mapping[str, str], store: str = ""
) -> None:
    """Refuse a file that tasks would not read as it is: they have what was deployed.

    Nothing is known of code that images hold, nor by those who may not see the store.
    """
    files = {name: given[name] for name in files_of(flow) if name in given}
    if not files:
        return
    try:
        deployed = _deployed(runs, store, set(files.values()))
    except (EngineError, UsageError) as error:
        tell(f"flowc: whether tasks read the files as they are here is not known: {error}")
        return
    if deployed is None:
        return
    folder = Path(path).absolute().parent
    for name, file in files.items():
        if file not in deployed:
            raise UsageError(f"--{name}: {file} is not in what is deployed; deploy again")
        if deployed[file] != _digest(folder / file):
            raise UsageError(
                f"--{name}: {file} has changed since the flow was deployed, and tasks would read "
                "it as it was then; deploy again"
            )


def _deployed(runs: Runs, store: str, files: Collection[str]) -> Mapping[str, str] | None:
    """The SHA-256 of each of the files that is deployed; nothing if there is no package."""
    from flowc.package.opened import digests_in

    key = runs.package
    if not key:
        return None
    reader = reader_of(runs, runs.store or store)
    content = reader.stream(key)
    if content is None:
        raise UsageError(f"{reader.url} has no {key}")
    with content, reader.readable(key):
        return digests_in(content, files)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
