"""What Metaflow's Client looks for beside the artifacts of a store in a folder: `_meta` folders.

The Client finds flows, runs, steps and tasks by a `_self.json`, artifacts and facts about a task
by a file each. It reads no other kind of store in this way, and so nothing is written to others.
"""

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


class Metadata:
    """The metadata of one attempt of a task. Writing any of it again does no harm.

    Nothing is written where `is_read` is false.
    """

    def __init__(
        self, store: Store, flow: str, task: str, attempt: int, about: Callable[[], About]
    ) -> None:
        self._store = store
        self._words = [flow, *task.split("/")]
        self._attempt = attempt
        self._annotations = about
        self._root = store.root if isinstance(store, FileStore) else ""
        self.is_read = bool(self._root)

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
        place = {"ds-type": "local", "ds-root": self._root}
        self._state({"attempt": str(self._attempt), **place, **facts})

    def finish(
        self, artifacts: Mapping[str, Artifact], facts: Mapping[str, Any], *, ok: bool
    ) -> None:
        """List the artifacts of the attempt, and say that it has ended and how."""
        if not self.is_read:
            return
        about = self._about(4)
        for name, artifact in artifacts.items():
            self._put(4, self._listed(name), {**about, **self._entry(name, artifact)})
        # The Client takes the artifacts of the attempt that was done last, so that comes last.
        self._state({**facts, "attempt_ok": str(ok)})
        self._state({"attempt-done": str(self._attempt)})

    def has(self, name: str) -> bool:
        """Whether the attempt has listed an artifact."""
        return self.is_read and self._store.exists(self._key(4, self._listed(name)))

    def _introduce(self, depth: int) -> None:
        # Tags can be changed, and are kept with a run when it is tried again.
        if not self._store.exists(self._key(depth, "_self")):
            entries = {"flow_id": self._words[0], "ts_epoch": _now()}
            self._put(depth, "_self", entries if depth == 1 else self._about(depth))

    def _state(self, facts: Mapping[str, Any]) -> None:
        about = self._about(4)
        del about["system_tags"]
        about["tags"] = [f"attempt_id:{self._attempt}"]
        for field, fact in facts.items():
            entries = {"field_name": field, "type": _TYPES.get(field, field), "value": fact}
            self._put(4, f"sysmeta_{field}_{about['ts_epoch']}", {**about, **entries})

    def _entry(self, name: str, artifact: Artifact) -> dict[str, Any]:
        return {
            "attempt_id": self._attempt,
            "name": name,
            "content_type": artifact.entry()["encoding"],
            "type": "metaflow.artifact",
            "sha": artifact.sha,
            "ds_type": "local",
            "location": f":root:{self._root}",
        }

    def _about(self, depth: int) -> dict[str, Any]:
        return {
            **{_WORDS[i]: word for i, word in enumerate(self._words[:depth])},
            "user_name": username(),
            "tags": sorted(self._annotations().tags),
            "system_tags": sorted(self._annotations().system_tags),
            "ts_epoch": _now(),
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


def _now() -> int:
    return round(time.time() * 1000)
