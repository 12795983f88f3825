"""How many tasks may run at once."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Slots:
    """A number of slots, given to those that wait in the order in which they came."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, wanted: int = 1) -> AsyncIterator[None]:
        """Hold so many slots at once; more than there are, when all of them are free."""
        await self._take(wanted)
        try:
            yield
        finally:
            self._free += wanted
            self._hand_out()

    async def _take(self, wanted: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, turn))
        self._hand_out()
        await turn

    def _hand_out(self) -> None:
        while self._waiting and self._free >= min(self._waiting[0][0], self._size):
            wanted, turn = self._waiting.popleft()
            self._free -= wanted
            turn.set_result(None)
