"""Networks: small ones, written for many independent copies (lanes) at once."""

from evaluators.activation.networks.network import NETWORKS as NETWORKS
from evaluators.activation.networks.network import Network as Network
from evaluators.activation.networks.network import build as build
