"""Usage: how a document says that its policy is used, as options of the evaluator."""

from pydantic import ValidationError

from evaluators.sor.options import Options
from evosearch.errors import ExportError
from evosearch.export.document import ProgramDocument

KIND = "relaxation"
_ADVICE = (
    'export an individual of a campaign with [evaluator] use = "sor" and [space] form = "policy"; '
    "its documents have it"
)


def usage_of(document: ProgramDocument) -> Options:
    """Method, ordering, sweeps, tolerance and features of a policy; systems that do not matter.

    Raises:
        ExportError: The document is no policy of relaxation.
    """
    told = document.metadata.get("usage")
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise ExportError(
            f'expected a program with metadata.usage of kind "{KIND}", received one without: '
            f"{_ADVICE}"
        )
    settings = {key: value for key, value in told.items() if key != "kind"}
    settings |= {"train": {"problem": "poisson"}, "features": list(document.inputs)}
    try:
        return Options.model_validate(settings)
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ExportError(f"metadata.usage: {'; '.join(mistakes)}: {_ADVICE}") from error
