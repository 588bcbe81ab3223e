"""The program of a worker process: python -m evosearch.execution.child DESCRIPTOR DRIVER.

It is told once what to make, answers one batch after the other, and ends with its driver.
"""

import importlib
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

from evosearch.errors import EvaluatorError
from evosearch.execution import failure, limits
from evosearch.execution.message import Message

Answer = Callable[[Message], Message]


def main(descriptor: int, driver: int) -> None:
    """Answer until the driver closes the connection."""
    limits.become_worker(driver)
    os.dup2(2, 1)  # what an evaluator prints must not get between the lines of a command
    connection = Connection(descriptor)
    try:
        answer = _made(Message.unpack(connection.recv_bytes()))
    except Exception as error:  # whatever it is, the driver has to know
        connection.send_bytes(Message({"broken": failure.raised(error).message}).pack())
        return
    connection.send_bytes(Message({"ready": True}).pack())
    while True:
        try:
            request = Message.unpack(connection.recv_bytes())
        except EOFError:
            return
        connection.send_bytes(_answered(answer, request).pack())


def _made(recipe: Message) -> Answer:
    """What answers, made by the function that the recipe names."""
    module, name = recipe.facts["make"].split(":")
    answer: Answer = getattr(importlib.import_module(module), name)(recipe)
    return answer


def _answered(answer: Answer, request: Message) -> Message:
    try:
        return answer(request)
    except EvaluatorError as error:
        return Message({"contract": str(error)})
    except Exception as error:
        failed = failure.raised(error)
        return Message({"failed": failed.message, "status": int(failed.status)})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
