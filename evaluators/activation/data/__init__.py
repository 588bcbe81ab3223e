"""Data sets that activation functions are tried on: by name, or in a file of the user's own."""

from evaluators.activation.data.data import Data as Data
from evaluators.activation.data.load import NAMES as NAMES
from evaluators.activation.data.load import load as load
from evaluators.activation.data.source import Source as Source
