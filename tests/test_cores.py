"""Cores: what the environment says, and how threads share them."""

from concurrent.futures import ThreadPoolExecutor

from evosearch import backend, cores
from evosearch.execution.inline import InlineExecutor


def test_the_environment_decides(monkeypatch):
    monkeypatch.setenv("EVOSEARCH_CORES", "6")
    assert cores.available() == cores.allowed() == 6
    monkeypatch.setenv("EVOSEARCH_CORES", "many")
    assert cores.available() >= 1


def test_threads_share_the_cores(monkeypatch):
    monkeypatch.setenv("EVOSEARCH_CORES", "6")
    with ThreadPoolExecutor(1, initializer=cores.share, initargs=(4,)) as pool:
        assert pool.submit(cores.allowed).result() == 1
    with ThreadPoolExecutor(1, initializer=cores.share, initargs=(2,)) as pool:
        assert pool.submit(cores.allowed).result() == 3
    assert cores.allowed() == 6


def test_a_batch_of_the_inline_executor_uses_one_core_where_another_has_the_second():
    executor = InlineExecutor(2)
    try:
        assert executor.run(lambda _: backend.cores(), [0, 1, 2]) == [1, 1, 1]
    finally:
        executor.close()
