"""How good individuals are: one package per domain."""
