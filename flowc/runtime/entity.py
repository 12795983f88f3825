"""What all objects of the client have in common."""

from __future__ import annotations

from flowc.runtime.about import About
from flowc.runtime.artifacts import Artifacts
from flowc.runtime.errors import InvalidPathspecError, NamespaceMismatchError, NotFoundError
from flowc.runtime.metadata import META
from flowc.runtime.namespaces import get_metadata, get_namespace, is_seen
from flowc.runtime.records import Records
from flowc.runtime.store import open_store


class Entity:
    """Something in the store, found by its pathspec; raises if it is not there.

    What is not in the namespace is not to be had either, but by way of the running task.
    """

    _parts: tuple[str, ...] = ()

    def __init__(self, pathspec: str, *, _namespace_check: bool = True) -> None:
        words = pathspec.split("/")
        if len(words) != len(self._parts) or not all(words):
            shape = "/".join(self._parts)
            raise InvalidPathspecError(
                f"`{pathspec}` is no pathspec of a {type(self).__name__}, which is like `{shape}`"
            )
        self.pathspec = pathspec
        self.id = words[-1]
        self._checks = _namespace_check
        self._store = open_store(get_metadata().partition("@")[2])
        self._artifacts = Artifacts(self._store, words[0])
        self._annotations: About | None = None
        if not self._is_there():
            raise NotFoundError(f"{self!r} does not exist")
        if _namespace_check and not self.is_in_namespace():
            raise NamespaceMismatchError(f"Object not in namespace '{get_namespace()}'")

    @property
    def path_components(self) -> list[str]:
        """The words of the pathspec."""
        return self.pathspec.split("/")

    @property
    def tags(self) -> frozenset[str]:
        """The tags of the run, the user's and those that tell where and by whom it was started."""
        return self.user_tags | self.system_tags

    @property
    def user_tags(self) -> frozenset[str]:
        """The tags that the user gave to the run."""
        return self._about().tags

    @property
    def system_tags(self) -> frozenset[str]:
        """The tags that tell where and by whom the run was started."""
        return self._about().system_tags

    @property
    def origin_pathspec(self) -> str | None:
        """What it was cloned from, or what it is part of was; `None` if nothing was."""
        flow, *words = self.path_components
        origin = self._about().origin
        return "/".join([flow, origin, *words[1:]]) if origin else None

    def is_in_namespace(self) -> bool:
        """Whether the run is of the namespace that is set."""
        return is_seen(self._about())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pathspec!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(self.pathspec)

    def _about(self) -> About:
        if self._annotations is None:
            flow, *words = self.path_components
            records = Records(self._store, flow, words[0]) if words else None
            self._annotations = records.about() if records else About({})
        return self._annotations

    def _has(self, tags: tuple[str, ...]) -> bool:
        return self.tags.issuperset(tags)

    def _is_there(self) -> bool:
        return bool(self._children())

    def _children(self) -> list[str]:
        return [name for name in self._store.names(self.pathspec) if name != META]
