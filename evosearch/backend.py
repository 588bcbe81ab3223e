"""The one place that sets JAX up: XLA options, devices, 64-bit types, the compile cache.

XLA:CPU runs every kernel of a loop body as a separate task unless told to compile the whole loop
nest into one native function, which makes the interpreter two to three times faster. And it is one
device unless told to be several, one a core. Both must be in the environment before JAX's backend
starts, so import this module (the interpreter does) before touching a JAX array. Without them
everything is correct and slower; `one_native_loop` tells, and a warning says so.
"""

import os
import threading
import time
import warnings
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from evosearch import cores as allowance

_OPTIONS = {
    "xla_backend_extra_options": "xla_cpu_small_while_loop_byte_threshold=1000000000,"
    "xla_cpu_disable_loop_unrolling",
    "xla_force_host_platform_device_count": "",
}


@lru_cache
def _has_avx512() -> bool:
    try:
        return "avx512f" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def cache_directory() -> Path:
    """Where compiled kernels are kept: $EVOSEARCH_CACHE, else ~/.cache/evosearch."""
    return Path(os.environ.get("EVOSEARCH_CACHE") or Path.home() / ".cache" / "evosearch")


def _configure() -> None:
    chosen = os.environ.get("XLA_FLAGS", "")
    options = _OPTIONS | {"xla_force_host_platform_device_count": str(allowance.available())}
    added = [f"--{name}={value}" for name, value in options.items() if name not in chosen]
    os.environ["XLA_FLAGS"] = " ".join([chosen, *added]).strip()
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_compilation_cache_dir", str(cache_directory() / "xla"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


_configure()

_compiled: dict[tuple[Any, ...], Any] = {}
_lock = threading.Lock()
_seconds = 0.0


def compiled(
    key: tuple[Any, ...],
    build: Callable[[], Callable[..., Any]],
    *examples: Any,
    wide: bool = False,
) -> Callable[..., Any]:
    """The executable of ``build()`` for arguments shaped like ``examples``, compiled once a key.

    Args:
        key: Everything that the traced function and its shapes depend on.
        build: Makes the function to trace; called only when the key is new.
        examples: Arrays (or shape structs) that give the argument shapes.
        wide: Whether vectors may have 512 bits, where the processor has AVX-512; XLA's own choice
            is 256. Not with `jnp.arctan`: in jaxlib 0.10.2 its 512-bit form gives wrong results or
            crashes, so that the width is never set for the whole process.
    """
    global _seconds
    with _lock:
        if key not in _compiled:
            import jax

            started = time.perf_counter()
            wider: dict[str, str | bool] = {"xla_cpu_prefer_vector_width": "512"}
            options = wider if wide and _has_avx512() else None
            _compiled[key] = jax.jit(build()).lower(*examples).compile(compiler_options=options)
            _seconds += time.perf_counter() - started
        return _compiled[key]  # type: ignore[no-any-return]


def compile_seconds() -> float:
    """Seconds that this process has spent compiling kernels."""
    return _seconds


def device_kind() -> str:
    """The platform that JAX runs on: ``cpu``, ``gpu``, ``tpu``."""
    import jax

    return str(jax.default_backend())


def cores() -> int:
    """Devices, one a core, that the calling thread may use; 1 on an accelerator."""
    import jax

    return min(len(jax.local_devices()), allowance.allowed()) if device_kind() == "cpu" else 1


@lru_cache
def mesh(cores: int) -> Any:
    """The first ``cores`` CPU devices as a mesh of one axis, ``core``.

    Programs are encoded there where an accelerator runs them, too.
    """
    import jax
    from jax.sharding import Mesh

    return Mesh(jax.local_devices(backend="cpu")[:cores], ("core",))


@lru_cache
def one_native_loop() -> bool:
    """Whether XLA compiles loop nests over large rows into one native function; warns if not."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    def nest(rows: Any, steps: Any) -> Any:
        def step(i: Any, rows: Any) -> Any:
            row = jnp.sin(lax.dynamic_slice(rows, (i & 3, jnp.int32(0)), (1, 1024)))
            return lax.dynamic_update_slice(rows, row, (jnp.int32(0), jnp.int32(0)))

        return lax.fori_loop(jnp.int32(0), steps, step, rows)

    rows = jax.ShapeDtypeStruct((4, 1024), jnp.float32)
    steps = jax.ShapeDtypeStruct((), jnp.int32)
    honoured = "small_call" in str(jax.jit(nest).lower(rows, steps).compile().as_text())
    if device_kind() == "cpu" and not honoured:
        warnings.warn(
            "XLA does not compile loops into one native function, so that the interpreter is two "
            "to three times slower: import evosearch before JAX runs anything, and leave "
            "xla_backend_extra_options out of XLA_FLAGS",
            RuntimeWarning,
            stacklevel=2,
        )
    return honoured
