"""Constants that parts use; a written module has its own where a policy decides them."""

HALF_SWEEPS = False  # one omega for each colour of each sweep
GROWTH = 1e6  # of the residual's norm, at which sweeps are given up
DENSE = 400  # unknowns up to which eigenvalues are those of a dense matrix
