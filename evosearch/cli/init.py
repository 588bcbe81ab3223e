"""``evosearch init``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evosearch.cli.console import say
from evosearch.errors import RefusedError, UsageError

_TEMPLATES = Path(__file__).with_name("templates")


class Kind(StrEnum):
    """What can be written."""

    CAMPAIGN = "campaign"
    EVALUATOR = "evaluator"
    SEARCH_SPACE = "search-space"


_NEXT = {
    Kind.CAMPAIGN: "evosearch run {path}",
    Kind.EVALUATOR: 'use = "./{path.name}:Evaluator" in the [evaluator] of a campaign file',
    Kind.SEARCH_SPACE: 'use = "./{path.name}:Space" in the [space] of a campaign file',
}


def init(
    kind: Annotated[Kind, typer.Argument(help="What to write.")] = Kind.CAMPAIGN,
    path: Annotated[
        Path | None, typer.Argument(help="New file.", show_default="KIND.toml or KIND.py")
    ] = None,
    space: Annotated[str, typer.Option(help="Search space of the campaign.")] = "expressions",
    evaluator: Annotated[str, typer.Option(help="Evaluator of the campaign.")] = "approximation",
) -> None:
    """Write a campaign file with every option, or the skeleton of a plug-in."""
    if kind == Kind.CAMPAIGN:
        from evosearch.cli.skeleton import campaign_file

        path = path or Path("campaign.toml")
        text = campaign_file(path.stem, space, evaluator, path.parent)
    else:
        name = f"{kind.replace('-', '_')}.py"
        path = path or Path(name)
        text = (_TEMPLATES / name).read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RefusedError(f"{path} exists already: name another file") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    say(f"wrote {path}")
    say(f"next: {_NEXT[kind].format(path=path)}")
