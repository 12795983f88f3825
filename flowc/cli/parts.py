"""What is compiled to several files, in a folder that holds no others of an earlier compile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from flowc.errors import UsageError
from flowc.files import make_folder, write_whole

# Names what was written here, so that nothing else is ever deleted.
INDEX = "flowc.json"


def write_into(folder: Path, files: Mapping[str, Any]) -> None:
    """Write files below a folder: as `write_parts`, or one text beside what else is there."""
    match list(files.items()):
        case [(name, str(text))]:
            make_folder(folder)
            write_whole(folder / name, text)
        case _:
            write_parts(folder, files)


def write_parts(folder: Path, files: Mapping[str, Any]) -> None:
    """Write files below a folder, each whole, and delete those that only an earlier call wrote.

    A call that is cut off leaves all it may have written in the index, for the next one. What is
    in folders below comes first, and goes last, so that whatever the others name is there: those
    are of the earlier call or of this one, each as a whole.
    """
    before = _written(folder)
    make_folder(folder)
    _write(folder / INDEX, {"files": sorted({*before, *files})})
    for name in sorted(files, key=_is_at_the_top):
        make_folder((folder / name).parent)
        _write(folder / name, files[name])
    _delete(folder, before - files.keys())
    _write(folder / INDEX, {"files": sorted(files)})


def _written(folder: Path) -> set[str]:
    """The files that the index names; a `UsageError` tells that it is none."""
    index = folder / INDEX
    try:
        content = json.loads(index.read_bytes())
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, RecursionError) as error:
        raise _no_index(index) from error
    match content:
        case {"files": [*names]} if all(_is_below(name) for name in names):
            return set(names)
        case _:
            raise _no_index(index)


def _is_at_the_top(name: str) -> bool:
    return "/" not in name


def _no_index(index: Path) -> UsageError:
    return UsageError(f"{index} does not name what flowc has written there; name another folder")


def _is_below(name: Any) -> bool:
    """Whether a name of the index is that of a file in the folder, and not elsewhere."""
    if not isinstance(name, str) or "\0" in name:
        return False
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _delete(folder: Path, names: Iterable[str]) -> None:
    for name in sorted(names):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise UsageError(f"cannot delete {folder / name}: {reason}") from error


def _write(file: Path, content: Any) -> None:
    write_whole(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
