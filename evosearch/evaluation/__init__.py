"""Evaluation: children refined and scored once, in batches, and what is known reused."""

from evosearch.evaluation.evaluation import Evaluated as Evaluated
from evosearch.evaluation.evaluation import Evaluation as Evaluation
from evosearch.evaluation.known import Known as Known
from evosearch.evaluation.worker import Worker as Worker
