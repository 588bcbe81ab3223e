"""Discovered programs as documents and as code that was re-run before it was called done."""
