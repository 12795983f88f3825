"""What names were found to stand for, so that each is looked up once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flowc.syntax.static.symbols import Static
from flowc.syntax.static.uncertain import NotStaticError


@dataclass(slots=True)
class Memory:
    """What names were found to stand for; one that is asked for on its own way is uncertain."""

    found: dict[str, Static] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def recall(self, name: str, resolve: Callable[[str], Any]) -> Static:
        if name not in self.found:
            with self._asked(name):
                try:
                    self.found[name] = resolve(name)
                except NotStaticError as uncertain:
                    self.found[name] = uncertain
        if isinstance(self.found[name], NotStaticError):
            raise NotStaticError
        return self.found[name]

    @contextmanager
    def _asked(self, name: str) -> Iterator[None]:
        if name in self.waiting:
            raise NotStaticError
        self.waiting.add(name)
        try:
            yield
        finally:
            self.waiting.discard(name)
