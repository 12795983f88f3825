"""The DAG files of all versions, as the store of the flow's runs keeps them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from flowc.deploy.airflow.dag_text import version_of
from flowc.deploy.ledger import Ledger

TARGET = "airflow"
# The kind of what is kept, on record.
VERSION = "version"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A DAG file: the ids of its DAGs, the flow's first, when it was deployed, and to which sink.

    The time is text, with its zone.
    """

    name: str
    text: str
    dags: tuple[str, ...]
    sink: str
    time: str

    @property
    def version(self) -> str:
        return version_of(self.text)

    @property
    def moment(self) -> datetime:
        """When it was deployed last."""
        return datetime.fromisoformat(self.time)


def now() -> str:
    """The time as a kept file has it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class KeptFiles:
    """The files of one deployment by their versions, beside its record."""

    ledger: Ledger

    def read(self, version: str) -> KeptFile | None:
        """The file of a version, if it is kept, whole."""
        content = self.ledger.content(self._key(version))
        try:
            found = json.loads(content or b"")
            file = KeptFile(**{**found, "dags": tuple(found["dags"])})
            _ = file.moment
        except (ValueError, TypeError, LookupError):
            return None
        return file if file.version == version else None

    def addresses(self) -> list[str]:
        """The sinks of all that is kept, those that were used last in front."""
        keys = self.ledger.read().entries
        found = [self.read(key.name) for key in keys if key.kind == VERSION]
        kept = sorted((file for file in found if file), key=lambda file: file.moment, reverse=True)
        return [file.sink for file in kept]

    def write(self, file: KeptFile) -> None:
        """Keep a file."""
        content = json.dumps(asdict(file), indent=1, ensure_ascii=False)
        self.ledger.put(self._key(file.version), content.encode())

    def remove(self, version: str) -> None:
        """Keep the file of a version no longer."""
        self.ledger.drop(self._key(version))

    def _key(self, version: str) -> str:
        ledger = self.ledger
        return f"{ledger.flow}/_flowc/deployments/{TARGET}/{ledger.name}/{version}.json"
