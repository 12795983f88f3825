"""Which runs the client sees: those of a store, in a namespace."""

from __future__ import annotations

import os

from flowc.runtime.current import current
from flowc.runtime.username import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flowc.runtime.about import About

_DEFAULT_STORE = ".metaflow"


class _Settings:
    """What `namespace` and `metadata` have set."""

    def __init__(self) -> None:
        self.is_set = False
        self.namespace: str | None = None
        self.store = ""


_settings = _Settings()


def namespace(name: str | None) -> str | None:
    """Set the namespace, and give it back: only its runs are seen, or all for `None`."""
    _settings.is_set = True
    _settings.namespace = name
    return name


def get_namespace() -> str | None:
    """The namespace that was set, or else the running task's or the user's."""
    if _settings.is_set:
        return _settings.namespace
    about = current.about()
    return about.namespace if about and about.has_namespace else ":".join(identity())


def is_seen(about: About) -> bool:
    """Whether a run so annotated is of the namespace; one without any tags is of all."""
    name = get_namespace()
    return name is None or not about.system_tags or name in about.system_tags | about.tags


def default_namespace() -> str | None:
    """Set the namespace back to what it was before `namespace`, and give it back."""
    _settings.is_set = False
    return get_namespace()


def metadata(place: str) -> str:
    """Read from the store at a path or URL, or at `local@` a path; gives back which it is."""
    _settings.store = place.partition("@")[2] if place.startswith("local@") else place
    return get_metadata()


def get_metadata() -> str:
    """Which store is read: that of `metadata`, the running task's, `FLOWC_STORE`, `.metaflow`."""
    url = _settings.store or current.store_url() or os.environ.get("FLOWC_STORE")
    return f"local@{url or _DEFAULT_STORE}"
