"""Command line: each command is a file, and calls the engine."""

from evosearch.cli.app import main as main
