"""Plug-ins: found by name, loaded when a campaign names them, never before."""

from evosearch.plugins.plugin import Plugin as Plugin
from evosearch.plugins.plugin import installed as installed
from evosearch.plugins.plugin import make_evaluator as make_evaluator
from evosearch.plugins.plugin import make_space as make_space
from evosearch.plugins.plugin import resolve as resolve
