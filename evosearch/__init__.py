"""Evolutionary program search with pluggable evaluators."""
