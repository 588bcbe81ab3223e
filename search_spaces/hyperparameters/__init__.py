"""Hyperparameters: vectors of named real, integer and categorical genes."""

from search_spaces.hyperparameters.options import (
    HyperparametersOptions as HyperparametersOptions,
)
from search_spaces.hyperparameters.space import Hyperparameters as Hyperparameters
