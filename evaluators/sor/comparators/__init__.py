"""What omegas cost that are known without a search, or learnt while solving."""
