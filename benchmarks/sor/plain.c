/* Successive over-relaxation in plain C, one system after another. The norm of the residual before
   a sweep comes out of that sweep: the sums over the entries before the diagonal are kept. */

/* Lexicographic sweeps of a 5-point Laplacian on side x side points with a shifted diagonal.
   x and before have a border: (side + 2)^2. Returns the sweeps, or the cap. */
int grid(int side, double diagonal, const double *b, double omega, double tolerance, int cap,
         double *x, double *before)
{
    int width = side + 2;
    double first = 0.0, scale = omega / diagonal;
    for (int i = 0; i < width * width; i++)
        x[i] = before[i] = 0.0;
    for (int k = 0; k <= cap; k++) {
        double norm = 0.0;
        for (int i = 1; i <= side; i++) {
            double *here = x + i * width, *kept = before + i * width, left = 0.0;
            const double *right = b + (i - 1) * side - 1;
            for (int j = 1; j <= side; j++) {
                double rest = right[j] + here[j + 1] + here[j + width] - diagonal * here[j];
                double residual = rest + kept[j];
                double sum = here[j - width] + left;
                norm += residual * residual;
                kept[j] = sum;
                left = here[j] += scale * (rest + sum);
            }
        }
        if (k == 0)
            first = norm;
        else if (norm < tolerance * tolerance * first)
            return k;
    }
    return cap;
}

/* The same for any matrix in CSR form with sorted columns; diagonal[i] is the place of a_ii. */
int csr(int n, const int *pointers, const int *columns, const double *values, const int *diagonal,
        const double *b, double omega, double tolerance, int cap, double *x, double *before)
{
    double first = 0.0;
    for (int i = 0; i < n; i++)
        x[i] = before[i] = 0.0;
    for (int k = 0; k <= cap; k++) {
        double norm = 0.0;
        for (int i = 0; i < n; i++) {
            double sum = 0.0, rest = b[i], own = values[diagonal[i]];
            for (int p = pointers[i]; p < diagonal[i]; p++)
                sum += values[p] * x[columns[p]];
            for (int p = diagonal[i]; p < pointers[i + 1]; p++)
                rest -= values[p] * x[columns[p]];
            double residual = rest - before[i];
            norm += residual * residual;
            before[i] = sum;
            x[i] += omega * (rest - sum) / own;
        }
        if (k == 0)
            first = norm;
        else if (norm < tolerance * tolerance * first)
            return k;
    }
    return cap;
}
