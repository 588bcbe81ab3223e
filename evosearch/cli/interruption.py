"""Signals: the first asks a campaign to stop after its generation, the second stops it now."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether a signal came, and what to do then."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._stop: Callable[[], None] | None = None

    def on_request(self, stop: Callable[[], None]) -> None:
        """Call ``stop`` at the first signal, at once if it has come already."""
        self._stop = stop
        if self.received is not None:
            stop()

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Handler of the signals."""
        again = self.received is not None
        self.received = signal.Signals(number)
        if again:
            raise KeyboardInterrupt
        if self._stop is not None:
            self._stop()


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Inside, SIGINT and SIGTERM ask to stop; a second one raises KeyboardInterrupt."""
    state = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield state  # signals are none of its business
        return
    before = [(number, signal.signal(number, state.handle)) for number in _SIGNALS]
    try:
        yield state
    finally:
        for number, handler in before:
            signal.signal(number, handler)
