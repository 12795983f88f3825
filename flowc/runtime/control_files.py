"""What a task decided in files that an engine has named, a word in each."""

from __future__ import annotations

import json
import os

from flowc.runtime.errors import FlowError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.runtime.position import Control


def write_files(files: Mapping[str, str], decided: list[tuple[str, Control]], slots: int) -> None:
    """Write `items`, the paths of a foreach's items as JSON, `next` and `at`, as far as asked for.

    Of more than `slots` items, if that is not 0, only so many are told.
    """
    for path, control in decided[:1]:
        count = min(control.count, slots or control.count)
        words = {
            "items": json.dumps([f"{path}.{index}" for index in range(count)]),
            "next": control.next,
            "at": control.path or path,
        }
        for name, place in files.items():
            _write(place, words[name])


def _write(place: str, text: str) -> None:
    try:
        os.makedirs(os.path.dirname(place) or ".", exist_ok=True)  # noqa: PTH103, PTH120
        with open(place, "w", encoding="utf-8") as file:  # noqa: PTH123 (pathlib is slow to import)
            file.write(text)
    except OSError as error:
        raise FlowError(
            f"the engine cannot be told what was decided, in {place}: {error.strerror}"
        ) from None
