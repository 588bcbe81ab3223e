"""Private data: tables as near to noisy statistics of private ones as can be."""
