"""Private tables as CSV files, with what is known about their privacy."""
