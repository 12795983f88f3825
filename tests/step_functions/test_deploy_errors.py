"""What AWS refuses, in one line with what to do about it."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from botocore.stub import Stubber
from s3_server import settings, use
from step_functions.deploying import document

from flowc.deploy.step_functions import waiting
from flowc.deploy.step_functions.deployment import Deployment
from flowc.deploy.step_functions.session import Session
from flowc.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

_USER = "arn:aws:iam::123456789012:user/ada"
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:train"
_ROLE = "arn:aws:iam::123456789012:role/machine"
_DOING = "while making state machine train"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, settings("http://127.0.0.1:1"))
    monkeypatch.setattr(waiting.time, "sleep", lambda _: None)


CASES = {
    "denied": (
        "AccessDeniedException",
        (
            f"User: {_USER} is not authorized to perform: states:CreateStateMachine on resource: "
            f"{_MACHINE} because no identity-based policy allows it"
        ),
        (
            f"AWS denies states:CreateStateMachine on {_MACHINE} while making state machine train: "
            "`flowc iam` prints the policy that whoever deploys needs"
        ),
    ),
    "denied without a resource": (
        "AccessDenied",
        "Access Denied",
        (
            "AWS denies access while making state machine train: Access Denied; `flowc iam` prints "
            "the policy that whoever deploys needs"
        ),
    ),
    "a role that may not be passed": (
        "AccessDeniedException",
        f"User: {_USER} is not authorized to perform: iam:PassRole on resource: {_ROLE}",
        (
            f"you may not hand the role {_ROLE} to AWS, while making state machine train: "
            "allow yourself iam:PassRole on it; `flowc iam` prints how"
        ),
    ),
    "a role that cannot be assumed": (
        "AccessDeniedException",
        (
            "Neither the global service principal states.amazonaws.com, nor the regional one is "
            "authorized to assume the provided role."
        ),
        (
            f"states.amazonaws.com cannot assume the role it was given, {_DOING}: let the role "
            "trust it, as `flowc iam` prints; a role that was made just now takes some seconds to "
            "be known"
        ),
    ),
    "a role that the scheduler cannot assume": (
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        (
            f"scheduler.amazonaws.com cannot assume the role it was given, {_DOING}: let the role "
            "trust it, as `flowc iam` prints; a role that was made just now takes some seconds to "
            "be known"
        ),
    ),
    "a role that may not hear of jobs": (
        "AccessDeniedException",
        f"'{_ROLE}' is not authorized to create managed-rule.",
        (
            f"the role {_ROLE} may not make the rule by which Step Functions hears of the end of "
            f"jobs, {_DOING}: let it do what `flowc iam` prints for the state machine"
        ),
    ),
    "a definition that is invalid": (
        "InvalidDefinition",
        (
            "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: "
            "nowhere at /States/split/Branches[0]/States/fit/Next'"
        ),
        (
            "AWS finds the definition invalid while making state machine train, in state `fit`: "
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: nowhere at "
            "/States/split/Branches[0]/States/fit/Next"
        ),
    ),
    "expired credentials": (
        "ExpiredTokenException",
        "The security token included in the request is expired",
        (
            "AWS says that your credentials have expired: sign in again (`aws sso login`), or "
            "renew AWS_SESSION_TOKEN and its keys"
        ),
    ),
    "unknown credentials": (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        (
            "AWS does not know your credentials: look at AWS_PROFILE, AWS_ACCESS_KEY_ID and "
            "`aws sts get-caller-identity`"
        ),
    ),
    "throttled": (
        "ThrottlingException",
        "Rate exceeded",
        (
            "AWS throttles while making state machine train, though it was asked again and again: "
            "wait a little, and repeat the command, which does what is left"
        ),
    ),
    "a name that is taken": (
        "StateMachineAlreadyExists",
        "State Machine Already Exists: 'train'",
        (
            "there is another state machine of that name by now, while making state machine train: "
            "deploy again to compare with it, or with another --name"
        ),
    ),
    "one that is being deleted": (
        "StateMachineDeleting",
        "State Machine is being deleted",
        (
            "the state machine of that name is still being deleted, while making state machine "
            "train: wait until its executions have ended, or deploy with another --name"
        ),
    ),
    "a conflict": (
        "ConflictException",
        "Failed to create",
        (
            "somebody else is changing the same, while making state machine train (Failed to "
            "create): wait until they are done, and repeat the command, which does what is left"
        ),
    ),
    "a quota": (
        "StateMachineLimitExceeded",
        "State Machine limit exceeded",
        (
            "a quota of the account is used up, while making state machine train (State Machine "
            "limit exceeded): ask AWS for more, or delete what is not needed"
        ),
    ),
    "anything else": (
        "InternalFailure",
        "We\n made a mistake",
        "AWS answers InternalFailure: We made a mistake while making state machine train",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_aws_answers_is_explained(case: str) -> None:
    code, message, told = CASES[case]

    assert _told(code, message) == told


def test_a_state_machine_that_goes_is_waited_for() -> None:
    with _stubbed() as (deployment, stub):
        for _ in range(3):
            stub.add_client_error("create_state_machine", "StateMachineDeleting")
        stub.add_response(
            "create_state_machine",
            {
                "stateMachineArn": _MACHINE,
                "creationDate": 0,
                "stateMachineVersionArn": f"{_MACHINE}:1",
            },
        )
        stub.add_client_error("update_state_machine_alias", "ResourceNotFound")
        made = {"stateMachineAliasArn": f"{_MACHINE}:live", "creationDate": 0}
        stub.add_response("create_state_machine_alias", made)

        deployment.create(deployment.resources[-1])

        stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["UnknownOperationException", "AccessDeniedException"])
def test_an_endpoint_that_does_not_validate_has_nothing_against_it(code: str) -> None:
    with _stubbed() as (deployment, stub):
        stub.add_client_error("validate_state_machine_definition", code)

        assert deployment.validate() == []


def test_nobody_without_credentials_gets_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert _refused() == (
        "there are no credentials for AWS (Unable to locate credentials): set AWS_PROFILE, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`"
    )


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")

    assert _refused() == (
        "The config profile (work) could not be found: look at AWS_PROFILE and "
        "`aws configure list-profiles`"
    )


def test_a_region_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    assert _refused() == (
        "no region is configured for AWS: set AWS_DEFAULT_REGION, or a region in the profile"
    )


def test_a_region_that_is_no_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us east")

    assert "'us east' doesn't match" in _refused()


def test_an_endpoint_that_nobody_serves_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    assert _refused() == (
        "AWS cannot be reached while asking who you are (Could not connect to the endpoint URL: "
        f'"{endpoint}/"): look at the network, the region (AWS_DEFAULT_REGION) and the endpoint '
        "(AWS_ENDPOINT_URL)"
    )


def test_an_endpoint_that_is_no_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "127.0.0.1:1")

    assert _refused() == "Invalid endpoint: 127.0.0.1:1: look at AWS_ENDPOINT_URL"


def test_an_answer_that_is_not_of_aws_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), _Greeting) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        told = _refused()
        server.shutdown()

    assert told == (
        "what answers is not AWS, while asking who you are: look at the endpoint "
        "(AWS_ENDPOINT_URL) and at proxies (HTTPS_PROXY)"
    )


class _Greeting(BaseHTTPRequestHandler):
    """Answers everybody as no service of AWS does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_said: object) -> None:
        pass


def _refused() -> str:
    with pytest.raises(EngineError) as found:
        Deployment(document("train"), Session()).check()
    return str(found.value)


def _told(code: str, message: str) -> str:
    with _stubbed() as (deployment, stub):
        for _ in range(20):
            stub.add_client_error("create_state_machine", code, message)
        with pytest.raises(EngineError) as found:
            deployment.create(deployment.resources[-1])
    assert "\n" not in str(found.value)
    return str(found.value)


@contextmanager
def _stubbed() -> Iterator[tuple[Deployment, Stubber]]:
    """A deployment into an account whose Step Functions answer as they are told to."""
    session = Session()
    with Stubber(session.client("sts")) as identity:
        own = {"Account": "123456789012", "Arn": _USER, "UserId": "u"}
        identity.add_response("get_caller_identity", own)
        with Stubber(session.client("stepfunctions")) as stub:
            yield Deployment(document("train"), session), stub
