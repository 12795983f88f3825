"""What Metaflow's Client looks for: folders `_meta`, in a store that is a folder or beside others.

The Client finds flows, runs, steps and tasks by a `_self.json`, artifacts and facts about a task
by a file each, and only in a folder. For a store elsewhere there may be one for them alone.
"""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH100

from __future__ import annotations

import json
import os
import sys
import time

import flowc
from flowc.runtime.store import FileStore
from flowc.runtime.username import identity, username

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from flowc.runtime.about import About
    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.store import Store

META = "_meta"
_WORDS = ("flow_id", "run_number", "step_name", "task_id")
_TYPES = {
    "attempt_ok": "internal_attempt_status",
    "end_step": "graph_structure",
    "start_step": "graph_structure",
}
_AZURE = ("abfs", "az", "azure")


class Place:
    """A folder for metadata, and the kind and root of the store with what it tells of."""

    __slots__ = ("folder", "kind", "root")

    def __init__(self, folder: str, kind: str, root: str) -> None:
        self.folder = FileStore(folder)
        self.kind = kind
        self.root = root


def place_of(store: Store, url: str, folder: str = "") -> Place | None:
    """Where the Client finds what a store holds: in the store itself, in a folder, or nowhere."""
    if isinstance(store, FileStore):
        return Place(store.root, "local", store.root)
    if not folder:
        return None
    return Place(os.path.abspath(folder), *kind_and_root(url))


def kind_and_root(url: str) -> tuple[str, str]:
    """What Metaflow calls a kind of store, and how it names the place of one."""
    scheme, separator, rest = url.rstrip("/").partition("://")
    if not separator or scheme == "file":
        return "local", os.path.abspath(rest if separator else url)
    # Metaflow names a container of Azure's without a scheme.
    return ("azure", rest) if scheme in _AZURE else (scheme, url.rstrip("/"))


def milliseconds() -> int:
    """The time, since 1970."""
    return round(time.time() * 1000)


class Metadata:
    """The metadata of one attempt of a task. Writing any of it again does no harm.

    Nothing is written where `is_read` is false. `now` gives the milliseconds since 1970.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (what an attempt is, and what is known of its run)
        self,
        place: Place | None,
        flow: str,
        task: str,
        attempt: int,
        about: Callable[[], About],
        now: Callable[[], int] = milliseconds,
    ) -> None:
        self._place = place or Place("", "", "")
        self._store = self._place.folder
        self._words = [flow, *task.split("/")]
        self._attempt = attempt
        self._annotations = about
        self._now = now
        self.is_read = place is not None

    def introduce_run(self) -> None:
        """Make the flow and the run known."""
        if self.is_read:
            self._introduce(1)
            self._introduce(2)

    def start(self, facts: Mapping[str, Any]) -> None:
        """Make the task known, and that the attempt has started."""
        if not self.is_read:
            return
        for depth in range(1, 5):
            self._introduce(depth)
        place = {"ds-type": self._place.kind, "ds-root": self._place.root}
        self._state({"attempt": str(self._attempt), **place, **facts})

    def finish(
        self, artifacts: Mapping[str, Artifact], facts: Mapping[str, Any], *, ok: bool
    ) -> None:
        """List the artifacts of the attempt, and say that it has ended and how."""
        if not self.is_read:
            return
        self.enlist(artifacts)
        # The Client takes the artifacts of the attempt that was done last, so that comes last.
        self._state({**facts, "attempt_ok": str(ok)})
        self._state({"attempt-done": str(self._attempt)})

    def enlist(self, artifacts: Mapping[str, Artifact], place: Place | None = None) -> None:
        """Tell of artifacts that the attempt has left, here or in another place."""
        about = self._about(4)
        for name, artifact in artifacts.items():
            entry = self._entry(name, artifact, place or self._place)
            self._put(4, self._listed(name), {**about, **entry})

    def has(self, name: str) -> bool:
        """Whether the attempt has listed an artifact."""
        return self.is_read and self._store.exists(self._key(4, self._listed(name)))

    def _introduce(self, depth: int) -> None:
        # Tags can be changed, and are kept with a run when it is tried again.
        if not self._store.exists(self._key(depth, "_self")):
            entries = {"flow_id": self._words[0], "ts_epoch": self._now()}
            self._put(depth, "_self", entries if depth == 1 else self._about(depth))

    def _state(self, facts: Mapping[str, Any]) -> None:
        about = self._about(4)
        del about["system_tags"]
        about["tags"] = [f"attempt_id:{self._attempt}"]
        for field, fact in facts.items():
            entries = {"field_name": field, "type": _TYPES.get(field, field), "value": fact}
            self._put(4, f"sysmeta_{field}_{about['ts_epoch']}", {**about, **entries})

    def _entry(self, name: str, artifact: Artifact, place: Place) -> dict[str, Any]:
        return {
            "attempt_id": self._attempt,
            "name": name,
            "content_type": artifact.entry()["encoding"],
            "type": "metaflow.artifact",
            "sha": artifact.sha,
            "ds_type": place.kind,
            "location": f":root:{place.root}",
        }

    def _about(self, depth: int) -> dict[str, Any]:
        return {
            **{_WORDS[i]: word for i, word in enumerate(self._words[:depth])},
            "user_name": username(),
            "tags": sorted(self._annotations().tags),
            "system_tags": sorted(self._annotations().system_tags),
            "ts_epoch": self._now(),
        }

    def _listed(self, name: str) -> str:
        return f"{self._attempt}_artifact_{name}"

    def _key(self, depth: int, name: str) -> str:
        return "/".join([*self._words[:depth], META, f"{name}.json"])

    def _put(self, depth: int, name: str, entries: Mapping[str, Any]) -> None:
        self._store.write(self._key(depth, name), json.dumps(entries).encode())


def environment() -> dict[str, str]:
    """Where tasks run, by the names that Metaflow has for it in system tags and metadata."""
    kind, name = identity()
    return {
        "runtime": os.environ.get("METAFLOW_RUNTIME_NAME", "dev"),
        "python_version": ".".join(map(str, sys.version_info[:3])),
        kind: name,
        "metaflow_version": f"flowc-{flowc.__version__}",
    }
