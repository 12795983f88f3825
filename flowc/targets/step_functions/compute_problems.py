"""What the services that run steps on AWS make of them: the problems, each with its page."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.wording import enumerated


@problem("FC650")
def step_definition_too_large(span: Span, step: str, size: int, most: int) -> Finding:
    """What AWS must know of a step is larger than it takes.

    ## Why is this bad?
    AWS Batch refuses job definitions of more than 24 KiB, ECS task definitions of more than 64 KiB.
    With a package, some 12 KiB of that are the program that unpacks it.

    ## Example
        @environment(vars={"RULES": "…twenty thousand characters…"})
        @step
        def start(self):
            self.next(self.end)

    ## Use instead
    Read what is large from a file beside the flow, or from the store:

        @step
        def start(self):
            self.rules = Path("rules.txt").read_text()
            self.next(self.end)
    """
    return Finding(
        span,
        f"the definition of `{step}` has {size:,} bytes, and AWS takes {most:,}",
        hint="read large values from a file instead of `@environment`",
    )


@problem("FC651")
def lacking_on_fargate(span: Span, step: str, asked: Sequence[str]) -> Finding:
    """A step asks for what no container on Fargate gets.

    ## Why is this bad?
    AWS refuses such a definition. Fargate has no GPUs and no devices, folders of a machine, shared
    memory, folders in memory or swap, and at most 16 vCPU with 120 GiB.

    ## Example
        $ flowc compile flow.py --target step-functions --compute batch-fargate

        @resources(gpu=1)
        @step
        def fit(self):
            self.next(self.end)

    ## Use instead
        $ flowc compile flow.py --target step-functions --compute batch
    """
    return Finding(
        span,
        f"step `{step}` asks for {enumerated(asked)}, which Fargate lacks",
        hint="compile with `--compute batch`, or ask for less",
    )


@problem("FC652", Severity.WARNING)
def size_rounded_up(span: Span, step: str, asked: str, given: str) -> Finding:
    """A step gets more than it asks for, as AWS has no container of its size.

    ## Why is this bad?
    It costs more than the flow says. AWS Batch on EC2 gives whole vCPUs only, and Fargate has sizes
    of its own: with each number of vCPUs comes a range of memory.

    ## Example
        $ flowc compile flow.py --target step-functions --compute batch-fargate

        @resources(cpu=1, memory=9000)
        @step
        def fit(self):
            self.next(self.end)

    ## Use instead
    Ask for what there is:

        @resources(cpu=2, memory=9216)
        @step
        def fit(self):
            self.next(self.end)
    """
    return Finding(
        span,
        f"step `{step}` asks for {asked}, and AWS gives it {given}",
        hint=f"ask for {given}, or accept it",
    )


@problem("FC653")
def no_multinode(span: Span, step: str, reason: str) -> Finding:
    """A gang is to be a multi-node job, and cannot be one.

    ## Why is this bad?
    Only AWS Batch on EC2 has multi-node jobs, and their nodes run the gang's step under flowc's own
    runtime.

    ## Example
        flowc compile flow.py --target step-functions --compute ecs --gang multinode

    ## Use instead
        flowc compile flow.py --target step-functions --compute ecs --gang containers
    """
    return Finding(
        span,
        f"the gang that `{step}` opens cannot be a multi-node job: {reason}",
        hint="compile with `--gang containers`, or with `auto` to take what each gang can be",
    )


@problem("FC654")
def no_network(span: Span, missing: Sequence[str]) -> Finding:
    r"""ECS is to run tasks, and is not told where.

    ## Why is this bad?
    ECS starts a task in a cluster, and a task on Fargate needs subnets to have an address in.

    ## Example
        flowc compile flow.py --target step-functions --compute ecs \
            --datastore-root s3://my-bucket --image python:3.12

    ## Use instead
        flowc compile flow.py --target step-functions --compute ecs \
            --datastore-root s3://my-bucket --image python:3.12 \
            --cluster train --subnets subnet-0a1b,subnet-2c3d
    """
    return Finding(
        span,
        f"ECS needs {enumerated(missing)}",
        hint="pass the cluster by `--cluster` and its subnets by `--subnets`",
    )


@problem("FC655", Severity.WARNING)
def no_execution_role(span: Span, steps: Sequence[str]) -> Finding:
    r"""No execution role is named for a step on Fargate.

    ## Why is this bad?
    On Fargate there is no machine whose permissions could be used to fetch an image from ECR and to
    write logs. AWS Batch refuses such a definition; on ECS, the task does not start.

    ## Example
        flowc compile flow.py --target step-functions --compute batch-fargate

    ## Use instead
        flowc compile flow.py --target step-functions --compute batch-fargate \
            --execution-role arn:aws:iam::123456789012:role/ecsTaskExecutionRole
    """
    return Finding(
        span,
        f"no execution role is named for {enumerated(steps)}",
        hint="pass `--execution-role` with the ARN of a role that may fetch images and write logs",
    )


@problem("FC656", Severity.WARNING)
def no_effect(span: Span, step: str, asked: Sequence[str], service: str) -> Finding:
    """What a step asks for means nothing to the service that it is compiled for.

    ## Why is this bad?
    The step runs without it. ECS has no queues, and only Fargate lets a step choose the size of its
    disk; on EC2 that is up to the machines.

    ## Example
        $ flowc compile flow.py --target step-functions --compute batch

        @batch(ephemeral_storage=100)
        @step
        def fit(self):
            self.next(self.end)

    ## Use instead
        $ flowc compile flow.py --target step-functions --compute batch-fargate
    """
    return Finding(
        span,
        f"{enumerated(asked)} of step `{step}` has no effect on {service}",
        hint="leave it out, or choose another service by `--compute`",
    )


@problem("FC658")
def no_such_log(span: Span, step: str, driver: str, known: Sequence[str]) -> Finding:
    """A step's log is to go where nothing on Fargate can send it.

    ## Why is this bad?
    AWS refuses such a definition. Jobs and tasks on Fargate write their logs by `awslogs` or
    `splunk`; `awsfirelens` asks for a container more, which a step has not.

    ## Example
        $ flowc compile flow.py --target step-functions --compute batch-fargate

        @batch(log_driver="fluentd")
        @step
        def fit(self):
            self.next(self.end)

    ## Use instead
        @batch(log_driver="awslogs", log_options=["awslogs-group:train"])
        @step
        def fit(self):
            self.next(self.end)
    """
    return Finding(
        span,
        f"step `{step}` asks for the log driver `{driver}`, which Fargate lacks",
        hint=f"take {enumerated(known)}, or compile with `--compute batch`",
    )
