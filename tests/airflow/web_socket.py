"""The server's side of Kubernetes' channels over a WebSocket, for messages of moderate length."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

_STDOUT, _STATUS = b"\x01", b"\x03"
_BINARY, _CLOSE = 0x82, 0x88
_SHORT = 126


@dataclass(frozen=True, slots=True)
class Channels:
    """A connection that a client has asked for with its key."""

    key: str
    received: BinaryIO
    sent: BinaryIO

    def open(self) -> None:
        # https://www.rfc-editor.org/rfc/rfc6455#section-1.3
        text = f"{self.key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accepted = base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest())
        lines = (
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + accepted,
            b"Sec-WebSocket-Protocol: v4.channel.k8s.io",
            b"\r\n",
        )
        self.sent.write(b"\r\n".join(lines))

    def told(self) -> str:
        """What the client says next, without its channel."""
        _, length = self.received.read(2)
        size = length & 0x7F
        if size == _SHORT:
            size = int.from_bytes(self.received.read(2))
        mask = self.received.read(4)
        content = self.received.read(size)
        plain = bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))
        return plain[1:].decode()

    def say(self, text: bytes) -> None:
        """Say what a command has printed, and that it has succeeded."""
        if text:
            self._frame(_BINARY, _STDOUT + text)
        self._frame(_BINARY, _STATUS + b'{"status": "Success"}')

    def close(self) -> None:
        self._frame(_CLOSE, (1000).to_bytes(2))
        self.sent.flush()

    def _frame(self, kind: int, content: bytes) -> None:
        size = len(content)
        length = bytes([size]) if size < _SHORT else bytes([_SHORT]) + size.to_bytes(2)
        self.sent.write(bytes([kind]) + length + content)
