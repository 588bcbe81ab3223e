"""Executors: where a campaign's batches are scored, and what a worker elsewhere is made of."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from evosearch.campaign.parts import Parts
from evosearch.config import restore, stored
from evosearch.execution import Executor, InlineExecutor, Message, ProcessExecutor
from evosearch.execution.child import Answer


def executor(parts: Parts, prepared: Mapping[str, Any]) -> Executor:
    """What ``[execution]`` asks for; else processes for an evaluator that is not installed."""
    section = parts.config.execution
    use = section.use or ("process" if ":" in parts.evaluator_plugin.name else "inline")
    if use == "inline":
        for name in ("timeout", "memory"):
            if getattr(section, name) is not None:
                logging.getLogger(__name__).warning(
                    "execution.%s is not enforced by the inline executor: write "
                    'execution.use = "process"',
                    name,
                )
        return InlineExecutor(section.workers)
    recipe = Message(
        {"make": f"{__name__}:answer", "config": stored(parts.config)}, dict(prepared)
    )
    return ProcessExecutor(
        recipe,
        section.workers,
        timeout=section.timeout,
        warmup=section.warmup,
        memory=section.memory,
    )


def answer(recipe: Message) -> Answer:
    """In a worker process: what scores batches as the campaign's own worker would."""
    parts = Parts.of(restore(recipe.facts["config"]))
    worker = parts.worker(recipe.arrays)
    return partial(worker.answer, parts.space.genome_type)
