"""Tables: whole tables of coded records."""

from search_spaces.tables.options import TablesOptions as TablesOptions
from search_spaces.tables.space import Tables as Tables
