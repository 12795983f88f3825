"""All rules, by code."""

from __future__ import annotations

from flowc.lint.rule import Rule
from flowc.lint.rules.catch_on_fan_out import catch_on_fan_out
from flowc.lint.rules.conflicting_decorators import conflicting_decorators
from flowc.lint.rules.duplicate_parameter import duplicate_parameter
from flowc.lint.rules.end_with_next import end_with_next
from flowc.lint.rules.gang_without_join import gang_without_join
from flowc.lint.rules.gang_without_parallel import gang_without_parallel
from flowc.lint.rules.hidden_decorators import hidden_decorators
from flowc.lint.rules.impossible_gang_size import impossible_gang_size
from flowc.lint.rules.inline_secret import inline_secret
from flowc.lint.rules.invalid_parameter_name import invalid_parameter_name
from flowc.lint.rules.invalid_secret_variable import invalid_secret_variable
from flowc.lint.rules.invalid_step_name import invalid_step_name
from flowc.lint.rules.join_that_splits import join_that_splits
from flowc.lint.rules.joining_end import joining_end
from flowc.lint.rules.misplaced_mutator import misplaced_mutator
from flowc.lint.rules.missing_end import missing_end
from flowc.lint.rules.missing_self import missing_self
from flowc.lint.rules.missing_start import missing_start
from flowc.lint.rules.needs_metaflow_import import needs_metaflow_import
from flowc.lint.rules.needs_metaflow_runtime import needs_metaflow_runtime
from flowc.lint.rules.no_steps import no_steps
from flowc.lint.rules.odd_arguments import odd_arguments
from flowc.lint.rules.positional_argument import positional_argument
from flowc.lint.rules.renamed_self import renamed_self
from flowc.lint.rules.reserved_parameter import reserved_parameter
from flowc.lint.rules.reserved_step_name import reserved_step_name
from flowc.lint.rules.several_ends_of_flow import several_ends_of_flow
from flowc.lint.rules.single_case import single_case
from flowc.lint.rules.start_with_predecessor import start_with_predecessor
from flowc.lint.rules.step_without_end import step_without_end
from flowc.lint.rules.switch_into_join import switch_into_join
from flowc.lint.rules.too_many_retries import too_many_retries
from flowc.lint.rules.unknown_step import unknown_step
from flowc.lint.rules.unreachable_step import unreachable_step
from flowc.lint.rules.unseen_decorator import unseen_decorator
from flowc.lint.rules.unseen_mutation import unseen_mutation
from flowc.lint.rules.unsupported_python import unsupported_python
from flowc.lint.rules.wrong_default import wrong_default

RULES: tuple[Rule, ...] = (
    reserved_step_name,
    invalid_step_name,
    missing_self,
    odd_arguments,
    missing_start,
    missing_end,
    several_ends_of_flow,
    end_with_next,
    joining_end,
    no_steps,
    renamed_self,
    unknown_step,
    unreachable_step,
    start_with_predecessor,
    step_without_end,
    join_that_splits,
    switch_into_join,
    single_case,
    gang_without_parallel,
    gang_without_join,
    reserved_parameter,
    duplicate_parameter,
    invalid_parameter_name,
    catch_on_fan_out,
    too_many_retries,
    positional_argument,
    wrong_default,
    conflicting_decorators,
    needs_metaflow_runtime,
    needs_metaflow_import,
    impossible_gang_size,
    unsupported_python,
    unseen_mutation,
    misplaced_mutator,
    inline_secret,
    invalid_secret_variable,
    hidden_decorators,
    unseen_decorator,
)
