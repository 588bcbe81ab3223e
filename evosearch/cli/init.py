"""``evosearch init``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evosearch.cli.console import say, warn
from evosearch.errors import RefusedError, UsageError

DOMAINS = "evosearch.domains"  # entry points: path of a CSV -> (text, columns left out)
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
    domain: Annotated[
        Path | None,
        typer.Option(metavar="DATA.csv", help="Draft a domain file from this table instead."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="The draft.", show_default="DATA.domain.json"),
    ] = None,
) -> None:
    """Write a campaign file with every option, a skeleton of a plug-in, or a draft of a domain."""
    if domain is not None:
        if path is not None or kind != Kind.CAMPAIGN:
            raise UsageError("--domain writes a domain file alone: name it with --output")
        _draft(domain, output or Path(f"{domain.name.split('.')[0]}.domain.json"))
        return
    if output is not None:
        raise UsageError("--output goes with --domain: name the new file without it")
    if kind == Kind.CAMPAIGN:
        from evosearch.cli.skeleton import campaign_file

        path = path or Path("campaign.toml")
        text = campaign_file(path.stem, space, evaluator, path.parent)
    else:
        name = f"{kind.replace('-', '_')}.py"
        path = path or Path(name)
        text = (_TEMPLATES / name).read_text(encoding="utf-8")
    _write(path, text)
    say(f"next: {_NEXT[kind].format(path=path)}")


def _draft(data: Path, path: Path) -> None:
    """Write what an installed plug-in makes of a table; warn of what that is."""
    from importlib import metadata

    points = list(metadata.entry_points(group=DOMAINS))
    if not points:
        raise UsageError(f"no plug-in drafts domain files: none is installed under {DOMAINS}")
    text, left_out = points[0].load()(data)
    _write(path, text)
    warn(
        f"{path} was made by looking at {data}: it is as private as the table, and a campaign "
        "that uses it as it is protects nobody. Replace its values, ends and bins by what is "
        "publicly known, e.g. from a code book."
    )
    if left_out:
        warn(f"left out, with too many different texts: {', '.join(left_out)}")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RefusedError(f"{path} exists already: name another file") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    say(f"wrote {path}")
