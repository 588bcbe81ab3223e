"""Relaxation: omegas of SOR as numbers, as schedules and as policies."""

from search_spaces.relaxation.options import RelaxationOptions as RelaxationOptions
from search_spaces.relaxation.space import Relaxation as Relaxation
