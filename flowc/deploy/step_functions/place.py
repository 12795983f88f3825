"""Where a deployment is, and what AWS calls its parts there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What new executions are of; whatever starts executions names it.
ALIAS = "live"

# What the compiled document's states call services by.
_SERVICE = "arn:aws:states:::"

_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True, slots=True)
class Place:
    """An account's region; the partition is what its ARNs begin with."""

    partition: str
    region: str
    account: str

    def __str__(self) -> str:
        return f"account {self.account}, {self.region}"

    def machine(self, name: str) -> str:
        """The ARN of a state machine."""
        return self._arn("states", f"stateMachine:{name}")

    def alias(self, name: str) -> str:
        """The ARN of a state machine's alias."""
        return f"{self.machine(name)}:{ALIAS}"

    def execution(self, machine: str, name: str) -> str:
        """The ARN of an execution of a state machine."""
        return self._arn("states", f"execution:{machine}:{name}")

    def group(self, name: str) -> str:
        """The ARN of a group of schedules."""
        return self._arn("scheduler", f"schedule-group/{name}")

    def execution_page(self, arn: str) -> str:
        """The address of the console's page of an execution."""
        return self.console(f"states#/v2/executions/details/{arn}")

    def console(self, page: str) -> str:
        """The address of a page of the console, which is told from others by its service."""
        service, _, rest = page.partition("#")
        host = _CONSOLES.get(self.partition, "console.aws.amazon.com")
        return f"https://{self.region}.{host}/{service}/home?region={self.region}#{rest}"

    def filled(self, value: Any) -> Any:
        """A value of the compiled document, with this place for CloudFormation's names of it."""
        match value:
            case str():
                return self._told(value)
            case dict():
                return {key: self.filled(each) for key, each in value.items()}
            case list() | tuple():
                return [self.filled(each) for each in value]
            case _:
                return value

    def served(self, definition: Any) -> Any:
        """A definition whose states call the services of this partition."""
        match definition:
            case {"Type": "Task", "Resource": str(service)}:
                there = service.replace(_SERVICE, f"arn:{self.partition}:states:::", 1)
                return {
                    key: there if key == "Resource" else self.served(each)
                    for key, each in definition.items()
                }
            case dict():
                return {key: self.served(each) for key, each in definition.items()}
            case list():
                return [self.served(each) for each in definition]
            case _:
                return definition

    def _told(self, text: str) -> str:
        return (
            text.replace("${AWS::Partition}", self.partition)
            .replace("${AWS::Region}", self.region)
            .replace("${AWS::AccountId}", self.account)
        )

    def _arn(self, service: str, rest: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"
