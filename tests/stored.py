"""What a run left in its store, read without flowc's own code."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from pathlib import Path
from typing import TypeAlias

Task: TypeAlias = tuple[str, str]


def parents(store: Path, flow: str, run: str) -> dict[Task, list[Task]]:
    """The tasks that are done, each with its parents."""
    return {
        (record.parent.name, record.name.removesuffix(".json")): [
            (step, path) for step, path in json.loads(record.read_text())["parents"]
        ]
        for record in (store / flow / run / "_flowc" / "done").glob("*/*.json")
    }


def artifacts(store: Path, flow: str, run: str, task: Task) -> dict[str, object]:
    """The artifacts of a task that is done, without those that a name's `_` marks as private."""
    step, path = task
    records = store / flow / run
    done = json.loads((records / "_flowc" / "done" / step / f"{path}.json").read_text())
    content = json.loads((records / step / path / f"{done['attempt']}.data.json").read_text())
    return {
        name: _load(store / flow / "data" / digest[:2] / digest)
        for name, digest in content["objects"].items()
        if not name.startswith("_")
    }


def shown(value: object) -> str:
    """A value as text; exceptions without their tracebacks."""
    is_exception = isinstance(value, Exception) and hasattr(value, "exception")
    return f"{vars(value)['type']}: {vars(value)['exception']}" if is_exception else repr(value)


def _load(blob: Path) -> object:
    return _Unpickler(io.BytesIO(gzip.decompress(blob.read_bytes()))).load()


class Foreign(Exception):  # noqa: N818 (it stands for any class of Metaflow's)
    """What only Metaflow could load: its attributes, without loading Metaflow."""

    def __setstate__(self, state: dict[str, object] | None) -> None:
        self.__dict__.update(state or {})


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        return Foreign if module.startswith("metaflow.") else super().find_class(module, name)
