"""Report as one HTML file that needs nothing else: pictures, style and text are inside."""

import html
from pathlib import Path

from evosearch.report.content import Block, Code, Note, Paragraph, Picture, Report, Section, Table
from evosearch.report.numbers import clean

_STYLE = Path(__file__).with_name("style.css")


def write(report: Report) -> str:
    """The whole report as one text; everything that came from outside is escaped."""
    sections = "\n".join(_section(number, part) for number, part in enumerate(report.sections, 1))
    links = "".join(
        f'<li><a href="#s{number}">{escape(part.title)}</a></li>'
        for number, part in enumerate(report.sections, 1)
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(report.title)}</title>
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<header>
<h1>{escape(report.title)}</h1>
<p>{escape(report.subtitle)}</p>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


def escape(text: str) -> str:
    """Text that a page shows as it is."""
    return html.escape(clean(text))


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    return f'<section id="s{number}">\n<h2>{escape(section.title)}</h2>\n{blocks}\n</section>'


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Note(text):
            return f'<p class="note">{escape(text)}</p>'
        case Code(text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Picture():
            return (
                '<figure>\n<div class="scroll" role="img" tabindex="0" '
                f'aria-label="{escape(block.description)}">\n{block.svg}\n</div>\n'
                f"<figcaption>{escape(block.caption)}</figcaption>\n</figure>"
            )
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    kinds = [column.kind for column in table.columns]
    head = "".join(
        f'<th scope="col" class="{column.kind}">{escape(column.heading)}</th>'
        for column in table.columns
    )
    rows = []
    for number, row in enumerate(table.rows):
        marked = ' class="marked"' if number == table.marked else ""
        cells = "".join(_cell(kind, cell) for kind, cell in zip(kinds, row, strict=True))
        rows.append(f"<tr{marked}>{cells}</tr>")
    caption = f"<figcaption>{escape(table.caption)}</figcaption>" if table.caption else ""
    return (
        '<figure>\n<div class="scroll" tabindex="0"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n"
        f"</table></div>\n{caption}</figure>"
    )


def _cell(kind: str, cell: str) -> str:
    text = f"<code>{escape(cell)}</code>" if kind == "code" and cell else escape(cell)
    return f'<td class="{kind}">{text}</td>'
