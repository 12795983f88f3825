"""The place on S3 where a flow's runs are kept, as what reads from it must name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, and the prefix of all keys, which has no `/` at its ends and may be empty."""

    name: str
    prefix: str = ""

    def key(self, rest: str) -> str:
        """The key of what the store knows as `rest`."""
        return f"{self.prefix}/{rest}" if self.prefix else rest


def parse_bucket(url: str) -> Bucket | None:
    """The bucket of an `s3://` URL; nothing for any other store."""
    scheme, separator, place = url.partition("://")
    name, _, prefix = place.partition("/")
    if scheme != "s3" or not separator or not name:
        return None
    return Bucket(name, prefix.strip("/"))
