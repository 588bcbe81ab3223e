"""Companion: the campaign's evaluator, asked for baselines, error curves and findings.

Installed evaluators are loaded. One that the database names by module or file is not, unless the
user says so: what a database holds must not decide which code runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evosearch import plugins
from evosearch.contracts import Evaluator, Finding, Prepared
from evosearch.errors import EvosearchError
from evosearch.report.facts import Companion, Curves, Findings
from evosearch.report.plane import Floats

_CURVE_POINTS = 1024


def companion(
    config: Mapping[str, Any], prepared: Prepared, *, trusted: bool = False
) -> Companion:
    """What the evaluator of a stored configuration adds to a report.

    Args:
        config: As stored with the campaign.
        prepared: As stored with the campaign.
        trusted: Whether plug-ins that are no installed names may be loaded, too.
    """
    if foreign(config) and not trusted:
        named = " and ".join(foreign(config))
        return Companion(
            missing=f"Baselines, error curves and findings are left out: {named} would have to be "
            "loaded, which only happens with --load-plugins."
        )
    try:
        evaluator: Any = load_evaluator(config)
        baselines = evaluator.baselines() if hasattr(evaluator, "baselines") else []
    except EvosearchError as error:
        return Companion(missing=f"Baselines, error curves and findings are left out: {error}")
    except Exception as error:  # foreign code; a report does without it
        return Companion(
            missing="Baselines, error curves and findings are left out: the evaluator failed with "
            f"{type(error).__name__}: {error}"
        )
    curves = _curves(evaluator) if hasattr(evaluator, "curves") else None
    findings = _findings(evaluator, prepared) if hasattr(evaluator, "findings") else None
    return Companion(tuple(baselines), curves, findings)


def foreign(config: Mapping[str, Any]) -> list[str]:
    """The plug-ins of a stored configuration that are named by module or file."""
    named = [str(config[key]["use"]) for key in ("space", "evaluator")]
    return [use for use in named if ":" in use]


def load_evaluator(config: Mapping[str, Any]) -> Evaluator:
    """The evaluator of a stored configuration; raises PluginError."""
    base = Path(config.get("base", "."))
    space_plugin = plugins.resolve("search space", config["space"]["use"], base)
    evaluator_plugin = plugins.resolve("evaluator", config["evaluator"]["use"], base)
    space = plugins.make_space(space_plugin, _options(config["space"]), base)
    return plugins.make_evaluator(evaluator_plugin, _options(config["evaluator"]), base, space)


def _options(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key != "use"}


def _curves(evaluator: Any) -> Curves:
    def curves(genomes: Sequence[bytes]) -> tuple[Floats, Floats]:
        batch = evaluator.genome_type.from_bytes(genomes)
        x, errors = evaluator.curves(batch, _CURVE_POINTS)
        return np.asarray(x, np.float64), np.asarray(errors, np.float64)

    return curves


def _findings(evaluator: Any, prepared: Prepared) -> Findings:
    def findings(genomes: Sequence[bytes]) -> Sequence[Finding]:
        found: Sequence[Finding] = evaluator.findings(
            evaluator.genome_type.from_bytes(genomes), prepared
        )
        return found

    return findings
