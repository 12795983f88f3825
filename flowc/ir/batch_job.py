"""What a step asks for that only AWS Batch has, in the words of `@batch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BatchJob:
    """What `@batch` asks for besides `Compute`; each field is named as its argument.

    `ephemeral_storage` counts GiB, `max_swap` MiB. Volumes are `source` or `source:folder`, log
    options `key:value`. What is None was not asked for: no swap and zero swappiness say something.
    """

    queue: str = ""
    iam_role: str = ""
    execution_role: str = ""
    host_volumes: tuple[str, ...] = ()
    efs_volumes: tuple[str, ...] = ()
    ephemeral_storage: int | None = None
    privileged: bool = False
    max_swap: int | None = None
    swappiness: int | None = None
    inferentia: int = 0
    trainium: int = 0
    efa: int = 0
    log_driver: str = ""
    log_options: tuple[str, ...] = ()
    aws_batch_tags: Mapping[str, str] = field(default_factory=dict)
    executable: str = ""

    @property
    def neuron_devices(self) -> int:
        """How many chips of AWS's own are asked for; `trainium` is `inferentia` by another name."""
        return self.inferentia or self.trainium
