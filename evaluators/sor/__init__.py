"""SOR omegas: relaxation parameters scored by iterations over sequences of linear systems."""
