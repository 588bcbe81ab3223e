"""Expression graphs as straight-line programs."""

from search_spaces.expressions.options import ExpressionsOptions as ExpressionsOptions
from search_spaces.expressions.space import Expressions as Expressions
