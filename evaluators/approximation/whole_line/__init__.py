"""Whole-line functions: a float32 kernel on one interval, completed to every float32."""
