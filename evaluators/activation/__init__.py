"""Evaluator ``activation``: activation functions by the networks that are trained with them."""
