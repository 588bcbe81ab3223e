"""Solve: the text of the two functions of a written module that differ from policy to policy."""

from evaluators.sor.features import HISTORY, LANCZOS, SWEEP
from evaluators.sor.options import Options

# What solve computes from A itself, and how
COMPUTED = {
    "n": "matrix.shape[0]",
    "entries": "matrix.nnz / matrix.shape[0]",
    "dominance": "diagonal_dominance(matrix)",
    LANCZOS: "lowest_ritz(matrix, LANCZOS_STEPS)",
    "lam": "lam",
    "mu": "mu",
}
_KNOWN = {  # what may be given, so that it need not be computed
    "lam": "Smallest eigenvalue of D^-1/2 A D^-1/2, D the diagonal of A.",
    "mu": "Spectral radius of Jacobi's iteration, I - D^-1 A.",
}
_COST = "Computed where None, which can take longer than solving."
_MEANING = _KNOWN | {
    "n": "Unknowns.",
    "entries": "Mean number of non-zeros in a row of A.",
    "dominance": "Smallest a_ii / sum_j |a_ij| of a row.",
    LANCZOS: "Estimate of the smallest eigenvalue of D^-1/2 A D^-1/2 by Lanczos' method.",
    "c": "What is added to the diagonal of a matrix of the kind that the policy knows.",
    "m": "Unknowns along a side of the grid.",
    "q": "Of a heat equation's step dt: dt kappa / (2 h^2).",
    "kappa": "Conductivity in the middle of the step.",
    "kappa_start": "Conductivity at the start of the step.",
    "epsilon": "Strength of diffusion across its direction over that along.",
    "theta": "Direction of strong diffusion, in radians.",
    "sigma": "Standard deviation of the logarithm of the coefficient of diffusion.",
    SWEEP: "Number of the sweep, from 0.",
    "omega1": "Omega of the system before.",
    "count1": "Iterations of the system before.",
}
_OTHER = "The feature of that name of the campaign's systems."
_METHODS = {
    "lexicographic": (
        "sor(matrix, b, x, omegas, tolerance, maxiter)",
        "successive over-relaxation",
    ),
    "red-black": (
        "coloured_sor(matrix, b, x, omegas, red_black(matrix), tolerance, maxiter)",
        "successive over-relaxation in red-black order",
    ),
    "multicolour": (
        "coloured_sor(matrix, b, x, omegas, multicolour(matrix), tolerance, maxiter)",
        "successive over-relaxation, one colour of unknowns after the other",
    ),
    "ssor-cg": (
        "ssor_cg(matrix, b, x, omegas, tolerance, maxiter)",
        "conjugate gradients, preconditioned by symmetric successive over-relaxation",
    ),
}
_LOCAL = ("A", "b", "x", "x0", "matrix", "told", "omegas", "info", "features", "value")
TAKEN = frozenset([*_LOCAL, "np", "scipy", "tolerance", "maxiter", "state", "omega", "solve"])


def required(names: tuple[str, ...]) -> list[str]:
    """Features that whoever solves a system has to tell."""
    return [name for name in names if name not in (*COMPUTED, SWEEP, *HISTORY)]


def remembers(names: tuple[str, ...]) -> bool:
    """Whether systems are solved one after the other."""
    return any(name in HISTORY for name in names)


def module_docstring(options: Options) -> str:
    """What the module is for, and how it is called."""
    told = "".join(f", {name}=..." for name in required(options.features))
    call = f"    x, info = solve(A, b{told})\n"
    if remembers(options.features):
        call = (
            "    state = State()\n"
            "    for A, b in systems:\n"
            f"        x, info = solve(A, b, state=state{told})\n"
        )
    title = _METHODS[_method(options)][1]
    return (
        f'"""Solve A x = b by {title}.\n\nOmegas are chosen by an evolved policy.\n\n{call}"""\n'
    )


def omega_function(program: str, names: tuple[str, ...]) -> str:
    """``omega(FEATURES)``."""
    arguments = "".join(f"        {name}: {_MEANING.get(name, _OTHER)}\n" for name in names)
    listed = ", ".join(names) + ("," if len(names) == 1 else "")
    return (
        f"def omega({', '.join(names)}):\n"
        '    """Omega that the policy chooses, in (0, 2); NaN where it has none.\n\n'
        f"    Args:\n{arguments}"
        '    """\n'
        f"    features = (np.asarray(value, np.float64) for value in ({listed}))\n"
        '    with np.errstate(all="ignore"):\n'
        f"        omegas = 2.0 / (1.0 + np.exp(-{program}(*features)))\n"
        "    return np.clip(omegas, LOWEST, HIGHEST)\n"
    )


def solve_function(options: Options) -> str:
    """``solve(A, b, *, FEATURES, ...)``."""
    names = options.features
    call, _ = _METHODS[_method(options)]
    given = [name for name in _KNOWN if name in names]
    keywords = ["state"] * remembers(names) + required(names)
    keywords += ["x0=None", "tolerance=TOLERANCE", "maxiter=10_000"]
    keywords += [f"{name}=None" for name in given]
    sweeps = ", k=np.arange(SWEEPS)" if SWEEP in names else ""
    return (
        f"def solve(A, b, *, {', '.join(keywords)}):\n"
        f"{_docstring(options, given)}"
        "    matrix, b, x = checked(A, b, x0)\n"
        f"{_spectrum(names)}"
        f"    told = {{\n{_told(names)}    }}\n"
        f"    omegas = usable(omega(**told{sweeps}), told)\n"
        + (
            f"    x, info = {call}\n"
            "    state.omega1 = float(omegas[0])\n"
            "    state.count1 = float(info.iterations if info.converged else maxiter)\n"
            "    return x, info\n"
            if remembers(names)
            else f"    return {call}\n"
        )
    )


def _method(options: Options) -> str:
    return options.ordering if options.method == "sor" else options.method


def _docstring(options: Options, given: list[str]) -> str:
    sweeps = options.method == "sor"
    stop = "< tolerance ||b - A x_0||" if sweeps else "<= tolerance ||b||"
    lines = {
        "A": "Symmetric positive definite matrix, sparse or dense [n, n].",
        "b": "Right-hand side [n].",
    }
    if remembers(options.features):
        lines["state"] = "A State, which remembers the system before for the next."
    lines |= {name: _MEANING.get(name, _OTHER) for name in required(options.features)}
    lines |= {
        "x0": "Start [n]; zero where None.",
        "tolerance": f"It ends where ||b - A x|| {stop}.",
        "maxiter": "Iterations after which it is given up.",
    }
    lines |= {name: f"{_KNOWN[name]}\n            {_COST}" for name in given}
    arguments = "".join(f"        {name}: {text}\n" for name, text in lines.items())
    return (
        '    """Solve A x = b.\n\n'
        f"    Args:\n{arguments}\n"
        "    Returns:\n        x [n] and an Info.\n\n"
        "    Raises:\n"
        "        ValueError: A is not what is expected, or the policy has no omega for it.\n"
        '    """\n'
    )


def _spectrum(names: tuple[str, ...]) -> str:
    text = ""
    if "lam" in names:
        text += "    lam = smallest_eigenvalue(matrix) if lam is None else lam\n"
    if "mu" in names:
        low = "lam" if "lam" in names else "smallest_eigenvalue(matrix)"
        text += f"    mu = jacobi_radius(matrix, {low}) if mu is None else mu\n"
    return text


def _told(names: tuple[str, ...]) -> str:
    text = ""
    for name in names:
        if name != SWEEP:
            value = f"state.{name}" if name in HISTORY else COMPUTED.get(name, name)
            text += f'        "{name}": {value},\n'
    return text
