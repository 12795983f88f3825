"""Where DAG files are put: a folder, a bucket, or a checkout of git."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from flowc.errors import UsageError

_BUCKETS = ("s3", "gs", "az", "abfs", "azure")
_WAYS = "a folder, `s3://…`, `gs://…`, or `git+file:///checkout/dags`"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a sink has; `state` is how far it has come there, in the sink's own word."""

    text: str
    state: str


class Sink(Protocol):
    """A place for files by their names. Calls are bounded, and raise `EngineError`."""

    @property
    def place(self) -> str:
        """Where it is, whatever else is asked of it."""

    @property
    def address(self) -> str:
        """What opens it again as it is."""

    @property
    def settled(self) -> str:
        """The state of a file that is all the way there."""

    def check(self) -> None:
        """Refuse a place that cannot be one."""

    def read(self, name: str) -> Found | None:
        """The file of that name, if there is one."""

    def write(self, name: str, text: str, why: str) -> None:
        """Put a file there; readers see all of the old or all of the new."""

    def remove(self, name: str, why: str) -> None:
        """Take a file away; it is all the same if it is gone already."""


def open_again(place: str, used: Sink, addresses: Callable[[], Sequence[str]]) -> Sink:
    """The sink at a place where something was put, by the address that it was put with.

    That is one of the addresses, which are only asked for if `used` is at another place.
    """
    if used.place == place:
        return used
    known = (open_sink(address) for address in addresses() if address)
    return next((sink for sink in known if sink.place == place), None) or open_sink(place)


def open_sink(place: str) -> Sink:
    """The sink at an address; a `UsageError` tells of one that flowc does not know."""
    scheme, separator, _ = place.partition("://")
    if not place:
        raise UsageError(f"say where Airflow finds its DAG files: `--dags`, {_WAYS}")
    if scheme == "git+file" and separator:
        from flowc.deploy.airflow.git_sink import open_checkout  # noqa: PLC0415 (few have one)

        return open_checkout(place)
    if separator and scheme not in {"file", *_BUCKETS}:
        raise UsageError(f"`--dags {scheme}://…`: DAG files go to {_WAYS}")
    from flowc.deploy.airflow.store_sink import StoreSink  # noqa: PLC0415 (likewise)

    return StoreSink(place.rstrip("/"), is_folder=not separator or scheme == "file")
