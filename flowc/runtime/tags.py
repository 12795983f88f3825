"""Changes the tags of a run."""

from __future__ import annotations

import json

from flowc.runtime.about import About, wrong_tags
from flowc.runtime.errors import TaggingError
from flowc.runtime.metadata import META
from flowc.runtime.records import Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.runtime.store import Store


def replace_tags(
    store: Store, run: str, remove: str | Iterable[str], add: str | Iterable[str]
) -> About:
    """The annotations of a run, `Flow/run`, once some tags are removed and then others added."""
    flow, _, name = run.partition("/")
    records = Records(store, flow, name)
    about = records.about()
    removed, added = _tags(remove), _tags(add)
    if system := sorted(removed & about.system_tags):
        raise TaggingError(f"a tag of the system cannot be removed: {', '.join(system)}")
    tags = (about.tags - removed) | (added - about.system_tags)
    if wrong := wrong_tags(tags):
        raise TaggingError(wrong)
    changed = About({**about.entries(), "tags": tags})
    records.write_about(changed)
    _tell_metaflow(store, run, changed)
    return changed


def _tags(given: str | Iterable[str]) -> frozenset[str]:
    return frozenset([given] if isinstance(given, str) else given)


def _tell_metaflow(store: Store, run: str, about: About) -> None:
    """Change them for Metaflow's Client, too, where it knows of the run."""
    key = f"{run}/{META}/_self.json"
    content = store.read(key)
    if content is not None:
        entries = {**json.loads(content), "tags": sorted(about.tags)}
        store.write(key, json.dumps(entries).encode())
