"""Report as Markdown; pictures are files beside it."""

import re

from evosearch.report.content import Block, Code, Note, Paragraph, Picture, Report, Table
from evosearch.report.numbers import clean

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")


def write(report: Report) -> str:
    """The whole report as one text."""
    parts = [f"# {escape(report.title)}", escape(report.subtitle)]
    for section in report.sections:
        parts.append(f"## {escape(section.title)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, one paragraph."""
    return " ".join(_SPECIAL.sub(r"\\\1", clean(text)).split())


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return escape(text)
        case Note(text):
            return f"> {escape(text)}"
        case Code(text):
            return _fenced(clean(text))
        case Picture():
            return f"![{escape(block.description)}]({block.name}.png)\n\n*{escape(block.caption)}*"
        case Table():
            return _table(block)


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _table(table: Table) -> str:
    rule = {"text": "---", "code": "---", "number": "---:"}
    lines = [
        _row([escape(column.heading) for column in table.columns]),
        _row([rule[column.kind] for column in table.columns]),
    ]
    for number, row in enumerate(table.rows):
        cells = [
            _code(cell) if column.kind == "code" else escape(cell)
            for column, cell in zip(table.columns, row, strict=True)
        ]
        if number == table.marked:
            cells[0] = f"**{cells[0]}**"
        lines.append(_row(cells))
    caption = f"\n\n*{escape(table.caption)}*" if table.caption else ""
    return "\n".join(lines) + caption


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    """A code span; a bar would end the cell even there, and a backquote the span."""
    plain = " ".join(clean(text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`" if plain else ""
