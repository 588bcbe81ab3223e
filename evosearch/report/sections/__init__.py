"""Sections of a report: each file makes one of the facts, or None if it has nothing to say."""
