"""Execution: where batches are scored."""

from evosearch.execution.inline import InlineExecutor as InlineExecutor
from evosearch.execution.message import Message as Message
from evosearch.execution.process import ProcessExecutor as ProcessExecutor
from evosearch.execution.protocol import Executor as Executor
from evosearch.execution.protocol import Failed as Failed
