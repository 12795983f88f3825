"""Secrets of AWS Secrets Manager, as variables. No error repeats what a secret holds."""

from __future__ import annotations

import base64
import json
import os

import boto3  # type: ignore[import-untyped]
from botocore import exceptions as boto  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from flowc.runtime.errors import SecretError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.errors import FlowError, RefusalError
    from flowc.runtime.secret_sources import Secret

_REGION = "METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION"
_ROLE = "METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_ROLE"
_SECONDS = 10
_ATTEMPTS = 6
_MOST_TOLD = 200
# Such an answer may be another one later; of any other the service gives the same again.
_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalServiceError",
        "InternalServiceErrorException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_HINTS = {
    "AccessDenied": "allow `sts:AssumeRole`",
    "AccessDeniedException": "allow `secretsmanager:GetSecretValue`",
    "ExpiredTokenException": "log in again",
}
_NETWORK = (boto.ConnectionError, boto.HTTPClientError, boto.IncompleteReadError, ConnectionError)
_NO_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError)
_NOT_FETCHED = (boto.CredentialRetrievalError, boto.MetadataRetrievalError, boto.SSOError)


def fetch(secret: Secret) -> dict[str, str]:
    """The variables that a secret holds, read in its role and region."""
    try:
        client = _session(secret).client("secretsmanager", config=_config())
        answer = client.get_secret_value(SecretId=secret.id)
    except (boto.BotoCoreError, boto.ClientError, ConnectionError, ValueError) as error:
        raise _error(secret, error) from None
    return _variables(secret, answer)


def _session(secret: Secret) -> Any:
    session = boto3.session.Session(region_name=_region(secret))
    role = secret.role or os.environ.get(_ROLE)
    if not role:
        return session
    lent = session.client("sts", config=_config()).assume_role(
        RoleArn=role, RoleSessionName="flowc"
    )["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
        region_name=session.region_name,
    )


def _region(secret: Secret) -> str | None:
    # The full name of a secret says which region it is in.
    words = secret.id.split(":")
    if len(words) > 3 and words[0] == "arn":
        return words[3]
    return secret.options.get("region") or os.environ.get(_REGION) or None


def _config() -> Config:
    retries = {} if os.environ.get("AWS_MAX_ATTEMPTS") else {"total_max_attempts": _ATTEMPTS}
    mode = {} if os.environ.get("AWS_RETRY_MODE") else {"mode": "standard"}
    return Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={**retries, **mode})


def _variables(secret: Secret, answer: Any) -> dict[str, str]:
    alone = secret.options.get("env_var_name") or answer.get("Name", secret.id)
    if "SecretString" not in answer:
        return {_variable(alone): base64.b64encode(answer.get("SecretBinary", b"")).decode()}
    if not secret.options.get("json", True):
        return {_variable(alone): answer["SecretString"]}
    found: dict[str, str] = {}
    for key, value in _entries(secret, answer["SecretString"]).items():
        name = _variable(key)
        if name in found:
            raise secret.refusal(f"two of its keys make the variable `{name}`")
        found[name] = str(value)
    return found


def _entries(secret: Secret, text: str) -> dict[str, Any]:
    hint = "for a text that is no JSON, write `'options': {'json': False}`"
    try:
        entries = json.loads(text)
    except ValueError:
        # The error would have the text in it, and a traceback may show it.
        raise secret.refusal(f"what it holds is no JSON; {hint}") from None
    if not isinstance(entries, dict):
        raise secret.refusal(f"what it holds is JSON, but no object; {hint}")
    return entries


def _variable(key: str) -> str:
    """A key as the name of a variable, in the way of Metaflow."""
    return key.replace("-", "_").replace(".", "_").replace("/", "_")


def _error(secret: Secret, error: Exception) -> FlowError | RefusalError:
    name = type(error).__name__
    if isinstance(error, boto.ClientError):
        return _answer(secret, error)
    if isinstance(error, boto.NoRegionError):
        return secret.refusal(f"no region is set for AWS Secrets Manager; set `{_REGION}`")
    if isinstance(error, _NO_CREDENTIALS):
        return secret.refusal("there are no credentials for AWS; set `AWS_*` or run with a role")
    if isinstance(error, _NOT_FETCHED):
        return _later(secret, f"the credentials for AWS cannot be fetched ({name})")
    if isinstance(error, _NETWORK):
        return _later(secret, f"AWS Secrets Manager cannot be reached ({name})")
    return secret.refusal(f"boto3 does not take its settings ({name}); look at `AWS_*` variables")


def _answer(secret: Secret, error: boto.ClientError) -> FlowError | RefusalError:
    told = error.response.get("Error", {})
    code = told.get("Code", "")
    said = " ".join(f"{code}: {told.get('Message', '')}".split())[:_MOST_TOLD]
    if code in _PASSING or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return _later(secret, f"AWS Secrets Manager answers with an error ({said})")
    hint = _HINTS.get(code)
    return secret.refusal(f"AWS Secrets Manager answers {said}" + (f"; {hint}" if hint else ""))


def _later(secret: Secret, why: str) -> SecretError:
    return SecretError(f"secret `{secret.id}` of step `{secret.step}`: {why}")
