"""What botocore raises, as an error of one line with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore import exceptions as boto  # type: ignore[import-untyped]
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped]

from flowc.deploy.step_functions.location import state_at
from flowc.errors import EngineError

_SIGN_IN = "sign in again (`aws sso login`), or renew AWS_SESSION_TOKEN and its keys"
_SHORT = 600
_UNREADABLE = (
    "what answers is not AWS, while {doing}: look at the endpoint (AWS_ENDPOINT_URL) and at "
    "proxies (HTTPS_PROXY)"
)


class Explained:
    """A context in which what botocore raises becomes an `EngineError`."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, boto.ClientError):
            raise EngineError(_refused(error, self._doing)) from None
        if isinstance(error, ResponseParserError):
            raise EngineError(_UNREADABLE.format(doing=self._doing)) from None
        # Of an endpoint that is no URL, botocore says so by a plain error.
        if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
            raise EngineError(f"{_line(str(error))}: look at AWS_ENDPOINT_URL") from None
        if isinstance(error, boto.BotoCoreError | Boto3Error):
            raise EngineError(_unreached(error, self._doing)) from None


def _refused(error: boto.ClientError, doing: str) -> str:
    """What AWS has answered."""
    answer = error.response.get("Error", {})
    code, message = str(answer.get("Code", "?")), _line(str(answer.get("Message", "")))
    for pattern, explain in _BY_MESSAGE.items():
        if found := pattern.search(message):
            return explain(found, doing)
    for codes, told in _BY_CODE.items():
        if code in codes:
            return told.format(doing=doing, code=code, message=message or code)
    return f"AWS answers {code}: {message}".rstrip(": ") + f" while {doing}"


def _unreached(error: Exception, doing: str) -> str:
    """Why AWS was not even asked, or has not answered."""
    for kinds, told in _BY_KIND.items():
        if isinstance(error, kinds):
            return told.format(doing=doing, message=_line(str(error)).rstrip("."))
    return f"{_line(str(error))} while {doing}"


def _denied(found: re.Match[str], doing: str) -> str:
    action = found["action"]
    on = found["resource"] or "any resource"
    if action == "iam:PassRole":
        return (
            f"you may not hand the role {on} to AWS, while {doing}: "
            "allow yourself iam:PassRole on it; `flowc iam` prints how"
        )
    return (
        f"AWS denies {action} on {on} while {doing}: "
        "`flowc iam` prints the policy that whoever deploys needs"
    )


def _unassumable(found: re.Match[str], doing: str) -> str:
    service = found["service"] or "scheduler.amazonaws.com"
    return (
        f"{service} cannot assume the role it was given, while {doing}: let the role trust it, "
        "as `flowc iam` prints; a role that was made just now takes some seconds to be known"
    )


def _unheard(found: re.Match[str], doing: str) -> str:
    return (
        f"the role {found['role']} may not make the rule by which Step Functions hears of the end "
        f"of jobs, while {doing}: let it do what `flowc iam` prints for the state machine"
    )


def _invalid(found: re.Match[str], doing: str) -> str:
    told = found["told"].strip(" '")
    location = re.search(r"/States/[^\s',]+", told)
    where = f", in state `{state_at(location[0])}`" if location else ""
    return f"AWS finds the definition invalid while {doing}{where}: {told}"


def _line(text: str) -> str:
    """A text as one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"


_DENIED = re.compile(
    r"not authorized to perform:? (?P<action>[\w-]+:\w+)"
    r"(?: on resource:? ['\"]?(?P<resource>[^\s'\",]*[^\s'\",.]))?",
)
_UNHEARD = re.compile(r"(?P<role>arn:[^\s']+)'? is not authorized to create managed-rule")
_UNASSUMABLE = re.compile(
    r"service principal (?P<service>[\w.-]+).* assume the provided role"
    r"|role you provide must allow .* to assume"
)
_INVALID = re.compile(r"Invalid State Machine Definition:?(?P<told>.*)", re.IGNORECASE)

# What tells most is in the messages: which action, which role, which state.
_BY_MESSAGE: Mapping[re.Pattern[str], Callable[[re.Match[str], str], str]] = {
    _DENIED: _denied,
    _UNHEARD: _unheard,
    _UNASSUMABLE: _unassumable,
    _INVALID: _invalid,
}

_BY_CODE: Mapping[tuple[str, ...], str] = {
    (
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "TokenRefreshRequired",
    ): f"AWS says that your credentials have expired: {_SIGN_IN}",
    (
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
    ): "AWS does not know your credentials: look at AWS_PROFILE, AWS_ACCESS_KEY_ID and "
    "`aws sts get-caller-identity`",
    (
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
    ): "AWS does not accept the signature: look at AWS_SECRET_ACCESS_KEY and at this machine's "
    "clock ({message})",
    (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    ): "AWS denies access while {doing}: {message}; `flowc iam` prints the policy that whoever "
    "deploys needs",
    (
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
    ): "AWS throttles while {doing}, though it was asked again and again: wait a little, and "
    "repeat the command, which does what is left",
    (
        "StateMachineAlreadyExists",
    ): "there is another state machine of that name by now, while {doing}: deploy again to "
    "compare with it, or with another --name",
    (
        "StateMachineDeleting",
    ): "the state machine of that name is still being deleted, while {doing}: wait until its "
    "executions have ended, or deploy with another --name",
    (
        "ConflictException",
        "ConcurrentModificationException",
    ): "somebody else is changing the same, while {doing} ({message}): wait until they are done, "
    "and repeat the command, which does what is left",
    (
        "StateMachineLimitExceeded",
        "ServiceQuotaExceededException",
        "LimitExceededException",
        "TooManyTags",
    ): "a quota of the account is used up, while {doing} ({message}): ask AWS for more, or delete "
    "what is not needed",
    (
        "SubscriptionRequiredException",
        "OptInRequired",
    ): "the account cannot use this service, while {doing} ({message}): activate it, or choose "
    "another region with AWS_DEFAULT_REGION",
}

_BY_KIND: Mapping[tuple[type[Exception], ...], str] = {
    (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
    ): "there are no credentials for AWS ({message}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`",
    (boto.ProfileNotFound,): "{message}: look at AWS_PROFILE and `aws configure list-profiles`",
    (
        boto.SSOError,
        boto.LoginError,
        boto.NoAuthTokenError,
        boto.TokenRetrievalError,
    ): f"your session with AWS has expired ({{message}}): {_SIGN_IN}",
    (
        boto.NoRegionError,
    ): "no region is configured for AWS: set AWS_DEFAULT_REGION, or a region in the profile",
    (boto.InvalidRegionError,): "{message}: look at AWS_DEFAULT_REGION",
    (
        boto.ConnectionError,
        boto.HTTPClientError,
    ): "AWS cannot be reached while {doing} ({message}): look at the network, the region "
    "(AWS_DEFAULT_REGION) and the endpoint (AWS_ENDPOINT_URL)",
}
