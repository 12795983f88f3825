"""Policies for whoever makes the roles of a deployment."""

from __future__ import annotations

import boto3
import pytest
from s3_server import Server, settings, use

from flowc.deploy.step_functions.policies import filled

ARN = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:F:live"
POLICIES = {"events": {"policy": {"Statement": [{"Action": "a", "Resource": [ARN], "n": 1}]}}}


@pytest.mark.usefixtures("s3")
def test_policies_name_the_account_that_credentials_lead_to() -> None:
    (statement,) = filled(POLICIES)["events"]["policy"]["Statement"]

    assert statement["Resource"] == ["arn:aws:states:us-east-1:123456789012:stateMachine:F:live"]
    assert statement["n"] == 1


def test_policies_leave_the_account_open_where_none_is_known(
    s3_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, settings(s3_server.endpoint))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    # Sessions remember what they have found.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    assert filled(POLICIES) == POLICIES
