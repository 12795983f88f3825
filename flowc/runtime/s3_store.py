"""A store in a bucket of S3, or of anything that speaks its protocol."""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH107

from __future__ import annotations

import os
import tempfile
import threading
import time

import boto3  # type: ignore[import-untyped]
from boto3.s3.transfer import TransferConfig  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import (  # type: ignore[import-untyped]
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)

from flowc.runtime.errors import RefusalError
from flowc.runtime.s3_errors import Told
from flowc.runtime.store import SETTLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

_CONNECT_SECONDS = 10
_READ_SECONDS = 60
_ATTEMPTS = 6
# Botocore tries a request again, but not the body of its answer.
_BODY_ATTEMPTS = 4
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
# What a request with a condition is answered where the condition does not hold, where it cannot be
# told yet, and where the server knows no conditions.
_TAKEN = frozenset({"412", "PreconditionFailed"})
_UNDECIDED = frozenset({"409", "ConditionalRequestConflict"})
_UNCONDITIONAL = frozenset({"501", "NotImplemented"})
_UNDECIDED_SECONDS = 0.2
# How many times longer than this writer another one may take, where a server knows no conditions.
_PATIENCE = 6
_UNTOLD = frozenset({"400", "403"})
_PART = 8 * 1024 * 1024
_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_ENDPOINT = "METAFLOW_S3_ENDPOINT_URL"
_ENCRYPTION = "METAFLOW_S3_SERVER_SIDE_ENCRYPTION"
_ADDRESSING = ("path", "virtual", "auto")


class S3Store:
    """A store below a prefix in a bucket; `place` is `<bucket>` or `<bucket>/<prefix>`.

    Credentials, region, profile and endpoint are those that boto3 finds.
    """

    def __init__(self, place: str) -> None:
        bucket, _, prefix = place.partition("/")
        self._bucket = _checked(bucket)
        self._prefix = prefix.strip("/")
        with Told(bucket):
            self._client = _client()
        endpoint = self._client.meta.endpoint_url
        self._told = Told(bucket, endpoint)
        # Whether the server heeds `If-None-Match`, once that is known.
        is_sure = _is_of_aws(endpoint) and _knows_conditions(self._client)
        self._heeds: bool | None = True if is_sure else None

    def read(self, key: str) -> bytes | None:
        with self._told:
            for attempt in range(_BODY_ATTEMPTS):
                body = self._body(key)
                try:
                    return None if body is None else bytes(body.read())
                except (HTTPClientError, IncompleteReadError):
                    if attempt == _BODY_ATTEMPTS - 1:
                        raise
        return None

    def write(self, key: str, content: bytes) -> None:
        with self._told:
            self._client.put_object(Bucket=self._bucket, Key=self._key(key), Body=content)

    def create(self, key: str, content: bytes) -> bool:
        began = time.monotonic()
        if not self._heeds and self.read(key) is not None:
            return self._settled(key, content, began)
        # A request that was tried again may find what it has written itself.
        if not self._put_new(key, content):
            return self.read(key) == content
        if self._heeds is None:
            self._heeds = not self._put_new(key, content)
        if self._heeds:
            return True
        return self._settled(key, content, began)

    def _settled(self, key: str, content: bytes, began: float) -> bool:
        """Whether these bytes are there once all have written who might, where any may overwrite.

        Others are given longer where this writer, which began then, was slow.
        """
        time.sleep(max(SETTLE, _PATIENCE * (time.monotonic() - began)))
        return self.read(key) == content

    def _put_new(self, key: str, content: bytes) -> bool:
        """Put bytes under a key unless the server says that it has some; whether it has not."""
        place = {"Bucket": self._bucket, "Key": self._key(key), "Body": content}
        with self._told:
            for attempt in range(_ATTEMPTS):
                try:
                    return self._put_if_none(place)
                except ClientError as error:
                    if not _has_code(error, _UNDECIDED) or attempt == _ATTEMPTS - 1:
                        raise
                time.sleep(_UNDECIDED_SECONDS)
        return False

    def _put_if_none(self, place: dict[str, Any]) -> bool:
        condition = {"IfNoneMatch": "*"} if _knows_conditions(self._client) else {}
        try:
            self._client.put_object(**place, **condition)
        except ClientError as error:
            if _has_code(error, _TAKEN):
                return False
            if not _has_code(error, _UNCONDITIONAL):
                raise
            self._client.put_object(**place)
        return True

    def exists(self, key: str) -> bool:
        with self._told:
            try:
                self._client.head_object(Bucket=self._bucket, Key=self._key(key))
            except ClientError as error:
                if _has_code(error, _ABSENT):
                    return False
                if not _has_code(error, _UNTOLD):
                    raise
                # The answer has no body that would say why; that to this has.
                return self._body(key) is not None
        return True

    def names(self, prefix: str) -> list[str]:
        # With a delimiter the service itself leaves out what lies below the names.
        base = self._key(prefix)
        base = f"{base}/" if base else ""
        found: set[str] = set()
        with self._told:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=base, Delimiter="/"
            )
            for page in pages:
                found.update(entry["Prefix"] for entry in page.get("CommonPrefixes", ()))
                found.update(entry["Key"] for entry in page.get("Contents", ()))
        names = {path[len(base) :].rstrip("/") for path in found}
        return sorted(name for name in names if name and not name.startswith("."))

    def scratch(self) -> str:
        return tempfile.gettempdir()

    def keep(self, key: str, file: str) -> None:
        with self._told:
            self._client.upload_file(file, self._bucket, self._key(key), Config=_transfer())
        os.remove(file)

    def open(self, key: str) -> BinaryIO | None:
        # Parts that break off are fetched again, which a stream from the network cannot do.
        file = tempfile.TemporaryFile(prefix="flowc-")  # noqa: SIM115 (the caller closes it)
        try:
            if self._download(key, file):
                file.seek(0)
                return file
        except BaseException:
            file.close()
            raise
        file.close()
        return None

    def remove(self, key: str) -> None:
        with self._told:
            self._client.delete_object(Bucket=self._bucket, Key=self._key(key))

    def _download(self, key: str, file: Any) -> bool:
        with self._told:
            try:
                self._client.download_fileobj(
                    self._bucket, self._key(key), file, Config=_transfer()
                )
            except ClientError as error:
                if _has_code(error, _ABSENT):
                    return False
                raise
        return True

    def _body(self, key: str) -> Any:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._key(key))["Body"]
        except ClientError as error:
            if _has_code(error, _ABSENT):
                return None
            raise

    def _key(self, key: str) -> str:
        return "/".join(part for part in (self._prefix, key) if part)


# Clients may be shared by threads, but their connections not by processes.
_clients: dict[int, Any] = {}
_making = threading.Lock()


def _client() -> Any:
    with _making:
        process = os.getpid()
        if process not in _clients:
            _clients[process] = _make_client()
        return _clients[process]


def _make_client() -> Any:
    session = boto3.session.Session()
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries=_retries(),
        tcp_keepalive=True,
        # Where the endpoint is not of AWS, botocore takes `auto` for `path`.
        s3={"addressing_style": _addressing()},
    )
    client = session.client("s3", config=config, endpoint_url=_endpoint())
    lenient = {} if _is_of_aws(client.meta.endpoint_url) else _without_new_checksums()
    if lenient:
        config = config.merge(Config(**lenient))
        client = session.client("s3", config=config, endpoint_url=_endpoint())
    _encrypt(client)
    return client


def _endpoint() -> str | None:
    """The server that Metaflow is told of, where boto3 is told of none."""
    told = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return None if told else os.environ.get(_ENDPOINT) or None


def _encrypt(client: Any) -> None:
    """Have whatever is written encrypted by the server, in the way that Metaflow is told of."""
    kind = os.environ.get(_ENCRYPTION)
    if not kind:
        return

    def add(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**params, "ServerSideEncryption": kind}

    for operation in ("PutObject", "CreateMultipartUpload"):
        client.meta.events.register(f"provide-client-params.s3.{operation}", add)


def _retries() -> dict[str, Any]:
    # What these variables say stands; an entry here would overrule them.
    mode = {} if os.environ.get("AWS_RETRY_MODE") else {"mode": "standard"}
    limit = {} if os.environ.get("AWS_MAX_ATTEMPTS") else {"total_max_attempts": _ATTEMPTS}
    return {**mode, **limit}


def _addressing() -> str:
    style = os.environ.get("FLOWC_S3_ADDRESSING") or "auto"
    if style not in _ADDRESSING:
        known = ", ".join(f"`{word}`" for word in _ADDRESSING)
        raise RefusalError(f"`FLOWC_S3_ADDRESSING` is `{style}`, but must be one of {known}")
    return style


def _is_of_aws(endpoint: str) -> bool:
    host = endpoint.partition("://")[2].partition("/")[0].partition(":")[0]
    return host.endswith(_OF_AWS)


def _without_new_checksums() -> dict[str, str]:
    """Settings for servers that do not know the checksums which botocore has added to S3."""
    names = ("request_checksum_calculation", "response_checksum_validation")
    return {
        name: "when_required"
        for name in names
        if name in Config.OPTION_DEFAULTS and not os.environ.get(f"AWS_{name.upper()}")
    }


def _transfer() -> TransferConfig:
    # Files go in parts, of which only so many are held in memory at once.
    return TransferConfig(
        multipart_threshold=_PART,
        multipart_chunksize=_PART,
        max_concurrency=4,
        max_io_queue=32,
    )


def _checked(bucket: str) -> str:
    # What is wrong with a bucket's name is not repeated: it may hold a password.
    bare = bucket.replace("-", "").replace(".", "").replace("_", "")
    if not (bare.isascii() and bare.isalnum() and len(bucket) >= 3):
        raise RefusalError("an S3 store is `s3://BUCKET/PREFIX`, and its bucket no valid name")
    return bucket


def _has_code(error: ClientError, codes: frozenset[str]) -> bool:
    return error.response.get("Error", {}).get("Code") in codes


def _knows_conditions(client: Any) -> bool:
    """Whether boto3 is new enough for requests with a condition."""
    shape = client.meta.service_model.operation_model("PutObject").input_shape
    return "IfNoneMatch" in shape.members
