"""Expressions: programs over chosen primitives, with constants that fitting can improve."""

from search_spaces.expressions.options import ExpressionsOptions as ExpressionsOptions
from search_spaces.expressions.space import Expressions as Expressions
