"""Rule: the text of a constraint as a tree. A parser of our own; nothing is evaluated as Python.

rule       = either [ "if" either ]            the right side is the condition
either     = both { "or" both }
both       = one { "and" one }
one        = "not" one | "(" rule ")" | "missing" "(" column ")"
| term comparison term | term [ "not" ] "in" "(" literal { "," literal } ")"
comparison = "<" | "<=" | ">" | ">=" | "==" | "!="
term       = column | literal
literal    = number | quoted text
column     = letters, digits and _ (no digit first), or anything in `backquotes`
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from evaluators.private_data.number import number
from evosearch.errors import ConfigError

MAX_CHARACTERS = 1000
MAX_DEPTH = 30

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<quoted>`[^`]+`)
  | (?P<name>[^\W\d]\w*)
  | (?P<sign><=|>=|==|!=|<|>|\(|\)|,)
  | (?P<end>$)
    )""",
    re.VERBOSE,
)
_WORDS = ("and", "if", "in", "missing", "not", "or")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True)
class Literal:
    """A number or a text."""

    value: float | str


Term = Name | Literal


@dataclass(frozen=True)
class Comparison:
    """``left sign right``."""

    sign: str
    left: Term
    right: Term


@dataclass(frozen=True)
class Missing:
    """``missing(column)``."""

    column: Name


@dataclass(frozen=True)
class Not:
    """``not one``."""

    one: "Rule"


@dataclass(frozen=True)
class Both:
    """``a and b and ...``."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Either:
    """``a or b or ...``."""

    parts: tuple["Rule", ...]


Rule = Comparison | Missing | Not | Both | Either


def parse(text: str) -> Rule:
    """The tree of a rule; raises ConfigError with the place of the mistake."""
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(f"expected at most {MAX_CHARACTERS} characters")
    return _Parser(text).whole()


def names(rule: Rule) -> frozenset[str]:
    """Columns that a rule names."""
    match rule:
        case Comparison(_, left, right):
            return frozenset(term.name for term in (left, right) if isinstance(term, Name))
        case Missing(column):
            return frozenset({column.name})
        case Not(one):
            return names(one)
        case Both(parts) | Either(parts):
            return frozenset().union(*map(names, parts))


@dataclass(frozen=True)
class _Token:
    kind: str  # number, text, name, end, or the word or sign itself
    text: str
    place: int  # of its first character, from 1


def _tokens(text: str) -> Iterator[_Token]:
    start = 0
    while True:
        match = _TOKEN.match(text, start)
        if match is None:
            rest = len(text[start:]) - len(text[start:].lstrip())
            raise ConfigError(
                f"character {start + rest + 1}: expected a column, number, quoted text, "
                f"comparison or parenthesis, received {text[start + rest]!r}"
            )
        kind = match.lastgroup or "end"
        value = match[kind]
        place = match.start(kind) + 1
        if kind == "quoted":
            yield _Token("name", value[1:-1], place)
        elif kind == "sign" or value in _WORDS:
            yield _Token(value, value, place)
        else:
            yield _Token(kind, value[1:-1] if kind == "text" else value, place)
        if kind == "end":
            return
        start = match.end()


class _Parser:
    """Recursive descent, as deep as parentheses and ``not`` are nested."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    def whole(self) -> Rule:
        made = self.rule()
        if self.token.kind != "end":
            self.refuse("and, or, if or the end")
        return made

    def rule(self) -> Rule:
        then = self.either()
        return Either((then, Not(self.either()))) if self.took("if") else then

    def either(self) -> Rule:
        parts = [self.both()]
        while self.took("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Rule:
        parts = [self.one()]
        while self.took("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self) -> Rule:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConfigError(f"nested more than {MAX_DEPTH} deep")
        made = self.compound()
        self.depth -= 1
        return made

    def compound(self) -> Rule:
        if self.took("not"):
            return Not(self.one())
        if self.took("("):
            inner = self.rule()
            self.expect(")")
            return inner
        if self.took("missing"):
            self.expect("(")
            column = self.term()
            if not isinstance(column, Name):
                raise ConfigError("missing(...): expected a column, received a literal")
            self.expect(")")
            return Missing(column)
        return self.comparison()

    def comparison(self) -> Rule:
        left = self.term()
        if self.took("not"):
            self.expect("in")
            return Not(self.members(left))
        if self.took("in"):
            return self.members(left)
        if self.token.kind not in COMPARISONS:
            self.refuse(f"{' '.join(COMPARISONS)} in or not in")
        sign = self.next().text
        return Comparison(sign, left, self.term())

    def members(self, left: Term) -> Rule:
        self.expect("(")
        parts = [Comparison("==", left, self.literal())]
        while self.took(","):
            parts.append(Comparison("==", left, self.literal()))
        self.expect(")")
        return Either(tuple(parts))

    def term(self) -> Term:
        return Name(self.next().text) if self.token.kind == "name" else self.literal()

    def literal(self) -> Literal:
        if self.token.kind == "text":
            return Literal(self.next().text)
        if self.token.kind == "number":
            value = number(self.token.text)
            if value is not None:
                self.next()
                return Literal(value)
        return self.refuse("a column, a number or a quoted text")

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def took(self, kind: str) -> bool:
        found = self.token.kind == kind
        self.at += found
        return found

    def expect(self, kind: str) -> None:
        if not self.took(kind):
            self.refuse(repr(kind))

    def refuse(self, expected: str) -> NoReturn:
        received = "the end" if self.token.kind == "end" else repr(self.token.text)
        place = f"character {self.token.place}"
        raise ConfigError(f"{place}: expected {expected}, received {received}")
