"""What boto3 raises, as an error of one line that names the bucket and holds no secret."""

from __future__ import annotations

from typing import Any

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore import exceptions as boto  # type: ignore[import-untyped]
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]
from s3transfer.exceptions import RetriesExceededError  # type: ignore[import-untyped]

from flowc.runtime.errors import FlowError, RefusalError, StoreError

_DENIED = frozenset({"403", "AccessDenied", "AllAccessDisabled", "Forbidden"})
_UNKNOWN_KEY = frozenset({"InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"})
_ELSEWHERE = frozenset({"301", "AuthorizationHeaderMalformed", "PermanentRedirect"})
_NO_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError)
_NOT_FETCHED = (
    boto.CredentialRetrievalError,
    boto.MetadataRetrievalError,
    boto.SSOError,
    boto.TokenRetrievalError,
)
_SETTINGS = (
    boto.BaseEndpointResolverError,
    boto.ConfigNotFound,
    boto.ConfigParseError,
    boto.EndpointProviderError,
    boto.InvalidConfigError,
    boto.InvalidRetryConfigurationError,
    boto.ProfileNotFound,
    boto.ValidationError,
    ValueError,
)
# A connection that breaks in the middle of a transfer is an error of the operating system's.
_NETWORK = (boto.ConnectionError, boto.HTTPClientError, boto.IncompleteReadError, ConnectionError)
_KNOWN = (
    boto.BotoCoreError,
    boto.ClientError,
    Boto3Error,
    ConnectionError,
    ResponseParserError,
    ValueError,
)
_MOST_TOLD = 200


class Told:
    """A context in which what boto3 raises becomes an error of the runtime's own.

    Its texts are flowc's: those of boto3 may hold URLs with passwords, or what a program that
    was asked for credentials has said.
    """

    def __init__(self, bucket: str, endpoint: str = "") -> None:
        self._bucket = bucket
        self._endpoint = _host(endpoint)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        error = _cause(error)
        if isinstance(error, _KNOWN):
            raise self._error(error) from None

    def _error(self, error: Exception) -> FlowError | RefusalError:
        bucket, name = self._bucket, type(error).__name__
        if isinstance(error, boto.ClientError):
            return self._answer(error.response)
        if isinstance(error, _NO_CREDENTIALS):
            return RefusalError(
                f"no credentials for bucket `{bucket}`; set `AWS_ACCESS_KEY_ID` and "
                "`AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`, or run with a role"
            )
        if isinstance(error, _NOT_FETCHED):
            return StoreError(
                f"the credentials for bucket `{bucket}` cannot be fetched ({name}); look at the "
                "role or profile, or log in again"
            )
        if isinstance(error, _SETTINGS):
            return RefusalError(
                f"boto3 does not take its settings for bucket `{bucket}` ({name}); look at the "
                "`AWS_*` variables, and at the profile that they name"
            )
        if isinstance(error, _NETWORK):
            return StoreError(
                f"bucket `{bucket}` cannot be reached at {self._endpoint} ({name}); look at "
                "`AWS_ENDPOINT_URL` and at the network"
            )
        return StoreError(f"bucket `{bucket}` fails ({name})")

    def _answer(self, response: Any) -> FlowError | RefusalError:
        bucket, code = self._bucket, response.get("Error", {}).get("Code", "")
        if code == "NoSuchBucket":
            return RefusalError(f"there is no bucket `{bucket}` at {self._endpoint}")
        said = _said(response)
        if code in _DENIED:
            return RefusalError(
                f"access to bucket `{bucket}` is denied ({said}); allow `s3:GetObject`, "
                "`s3:PutObject` and `s3:ListBucket`"
            )
        if code in _UNKNOWN_KEY:
            return RefusalError(f"the credentials for bucket `{bucket}` are not valid ({said})")
        if code in _ELSEWHERE:
            return RefusalError(
                f"bucket `{bucket}` is in {_region(response)}; set `AWS_DEFAULT_REGION` to it"
            )
        return StoreError(f"bucket `{bucket}` answers with an error ({said})")


def _cause(error: BaseException | None) -> BaseException | None:
    """What went wrong in a transfer, which has an error of its own around it."""
    if isinstance(error, RetriesExceededError):
        last: BaseException = error.last_exception
        return last
    if isinstance(error, Boto3Error) and isinstance(error.__context__, boto.ClientError):
        inner: BaseException = error.__context__
        return inner
    return error


def _said(response: Any) -> str:
    """What the service says, in one line of bounded length."""
    error = response.get("Error", {})
    text = " ".join(f"{error.get('Code', '')}: {error.get('Message', '')}".split())
    return text[:_MOST_TOLD].rstrip(": ")


def _region(response: Any) -> str:
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = headers.get("x-amz-bucket-region") or response.get("Error", {}).get("Region")
    return f"region `{region}`" if region else "another region"


def _host(endpoint: str) -> str:
    """A URL's host and port, without the password that may stand before them."""
    return endpoint.partition("://")[2].partition("/")[0].rpartition("@")[2] or "its endpoint"
