"""What individuals are made of: immutable batches of arrays."""
