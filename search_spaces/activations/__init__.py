"""Activations: scalar functions of x for neural networks, with parameters that are trained."""

from search_spaces.activations.options import ActivationsOptions as ActivationsOptions
from search_spaces.activations.space import Activations as Activations
