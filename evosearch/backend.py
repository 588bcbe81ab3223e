"""The one place that sets JAX up: XLA options, 64-bit types, the compile cache, compile times.

XLA:CPU runs every kernel of a loop body as a separate task unless told to compile the whole loop
nest into one native function, which makes the interpreter two to three times faster. The options
must be in the environment before JAX's backend starts, so import this module (the interpreter
does) before touching a JAX array. Without them everything is correct and slower.
"""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ONE_NATIVE_LOOP = (
    "--xla_backend_extra_options=xla_cpu_small_while_loop_byte_threshold=1000000000,"
    "xla_cpu_disable_loop_unrolling"
)


def _vector_width() -> int:
    """512 where the processor has AVX-512, else XLA's own default of 256."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 256
    return 512 if "avx512f" in flags else 256


def cache_directory() -> Path:
    """Where compiled kernels are kept: $EVOSEARCH_CACHE, else ~/.cache/evosearch."""
    return Path(os.environ.get("EVOSEARCH_CACHE") or Path.home() / ".cache" / "evosearch")


def _configure() -> None:
    options = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in options:
        width = f"--xla_cpu_prefer_vector_width={_vector_width()}"
        os.environ["XLA_FLAGS"] = f"{options} {_ONE_NATIVE_LOOP} {width}".strip()
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_compilation_cache_dir", str(cache_directory() / "xla"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


_configure()

_compiled: dict[tuple[Any, ...], Any] = {}
_lock = threading.Lock()
_seconds = 0.0


def compiled(
    key: tuple[Any, ...], build: Callable[[], Callable[..., Any]], *examples: Any
) -> Callable[..., Any]:
    """The executable of ``build()`` for arguments shaped like ``examples``, compiled once a key.

    Args:
        key: Everything that the traced function and its shapes depend on.
        build: Makes the function to trace; called only when the key is new.
        examples: Arrays (or shape structs) that give the argument shapes.
    """
    global _seconds
    with _lock:
        if key not in _compiled:
            import jax

            started = time.perf_counter()
            _compiled[key] = jax.jit(build()).lower(*examples).compile()
            _seconds += time.perf_counter() - started
        return _compiled[key]  # type: ignore[no-any-return]


def compile_seconds() -> float:
    """Seconds that this process has spent compiling kernels."""
    return _seconds
