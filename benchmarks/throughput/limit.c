/* Seconds per element of each function from memory to memory, arrays in the first-level cache.

   Prints a line for every function, type and way: type, function, way, nanoseconds per element,
   largest error. Ways: "plain" (a loop over + - * / max abs), "library" (the C library's function
   in a loop, which the compiler turns into calls of its vector library where there is one), "own"
   (polynomials of 1e-7, float only). The best of several sizes and distances of the arrays. */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BYTES = 8192, ROOM = 3 * BYTES + 16384, TRIES = 12 };

static unsigned char memory[ROOM] __attribute__((aligned(4096)));

static inline float bits_to_float(int32_t i) { float f; memcpy(&f, &i, 4); return f; }
static inline int32_t float_to_bits(float f) { int32_t i; memcpy(&i, &f, 4); return i; }

/* exp(x) = 2^k exp(r): degree 5 on |r| <= log(2) / 2, relative error 7.5e-8. */
static inline float own_expf(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float k = rintf(x * 1.44269504f);
    float r = __builtin_fmaf(k, 1.42860677e-6f, __builtin_fmaf(k, -0.693148613f, x));
    float p = 0.00829765479f;
    p = __builtin_fmaf(p, r, 0.041915382f);
    p = __builtin_fmaf(p, r, 0.166675747f);
    p = __builtin_fmaf(p, r, 0.499988949f);
    p = __builtin_fmaf(p, r, 0.999999692f);
    p = __builtin_fmaf(p, r, 1.00000007f);
    return bits_to_float(float_to_bits(p) + ((int32_t)k << 23));
}

/* log(2^k m) = k log(2) + log(1 + r), m in [sqrt(1/2), sqrt(2)]: degree 8, error 2.6e-8. */
static inline float own_logf(float x) {
    int32_t i = float_to_bits(x) - 0x3f3504f3, k = i >> 23;
    float r = bits_to_float(float_to_bits(x) - (int32_t)((uint32_t)k << 23)) - 1.0f;
    float p = 0.089599121f;
    p = __builtin_fmaf(p, r, -0.144821859f);
    p = __builtin_fmaf(p, r, 0.149173777f);
    p = __builtin_fmaf(p, r, -0.165437379f);
    p = __builtin_fmaf(p, r, 0.199584171f);
    p = __builtin_fmaf(p, r, -0.250029461f);
    p = __builtin_fmaf(p, r, 0.333341605f);
    p = __builtin_fmaf(p, r, -0.499999777f);
    p = __builtin_fmaf(p, r, 0.999999975f);
    return __builtin_fmaf((float)k, 0.693147181f, p * r);
}

/* sin(k pi + r): degree 9, the sign from the last bit of k. */
static inline float own_sinf(float x) {
    float k = rintf(x * 0.318309886f);
    float r = __builtin_fmaf(k, -3.140625f, x);
    r = __builtin_fmaf(k, -9.670257568359375e-4f, r);
    r = __builtin_fmaf(k, -6.2771141529083252e-7f, r);
    float s = r * r, p = 2.60005289e-6f;
    p = __builtin_fmaf(p, s, -1.98066142e-4f);
    p = __builtin_fmaf(p, s, 8.33301727e-3f);
    p = __builtin_fmaf(p, s, -1.66666571e-1f);
    p = __builtin_fmaf(p * s, r, r);
    return bits_to_float(float_to_bits(p) ^ ((int32_t)k << 31));
}

/* tanh(x) = x P(x^2) / Q(x^2) on |x| <= 9, error 3.6e-7. */
static inline float own_tanhf(float x) {
    x = x < -9.0f ? -9.0f : x > 9.0f ? 9.0f : x;
    float s = x * x, p = 1.82553606e-11f, q = 2.28100422e-4f;
    p = __builtin_fmaf(p, s, -1.27804853e-8f);
    p = __builtin_fmaf(p, s, 9.26743606e-6f);
    p = __builtin_fmaf(p, s, 2.92076364e-3f);
    p = __builtin_fmaf(p, s, 1.29192308e-1f);
    p = __builtin_fmaf(p, s, 1.0f);
    q = __builtin_fmaf(q, s, 2.37631755e-2f);
    q = __builtin_fmaf(q, s, 4.62525139e-1f);
    q = __builtin_fmaf(q, s, 1.0f);
    return x * p / q;
}

typedef struct {
    const char *type, *name, *way;
    void (*run)(void *, const void *, const void *, int);
    double low, high;
    double (*truth)(double, double);
} Loop;

#define LOOP(T, NAME, VALUE)                                                                     \
    static __attribute__((noinline)) void T##_##NAME(                                            \
        void *to, const void *first, const void *second, int n) {                                \
        T *restrict out = to;                                                                    \
        const T *restrict a = first, *restrict b = second;                                       \
        (void)b;                                                                                 \
        for (int i = 0; i < n; i++) out[i] = VALUE;                                              \
    }

#define ARITHMETIC(T)                                                                            \
    LOOP(T, add, a[i] + b[i])                                                                    \
    LOOP(T, sub, a[i] - b[i])                                                                    \
    LOOP(T, mul, a[i] * b[i])                                                                    \
    LOOP(T, div, a[i] / b[i])                                                                    \
    LOOP(T, max, a[i] > b[i] ? a[i] : b[i])                                                      \
    LOOP(T, abs, a[i] < 0 ? -a[i] : a[i])

ARITHMETIC(float)
ARITHMETIC(double)
LOOP(float, exp, expf(a[i]))
LOOP(float, log, logf(a[i]))
LOOP(float, sin, sinf(a[i]))
LOOP(float, tanh, tanhf(a[i]))
LOOP(float, own_exp, own_expf(a[i]))
LOOP(float, own_log, own_logf(a[i]))
LOOP(float, own_sin, own_sinf(a[i]))
LOOP(float, own_tanh, own_tanhf(a[i]))
LOOP(double, exp, exp(a[i]))
LOOP(double, log, log(a[i]))
LOOP(double, sin, sin(a[i]))
LOOP(double, tanh, tanh(a[i]))

static double true_add(double a, double b) { return a + b; }
static double true_sub(double a, double b) { return a - b; }
static double true_mul(double a, double b) { return a * b; }
static double true_div(double a, double b) { return a / b; }
static double true_max(double a, double b) { return a > b ? a : b; }
static double true_abs(double a, double b) { (void)b; return a < 0 ? -a : a; }
static double true_exp(double a, double b) { (void)b; return exp(a); }
static double true_log(double a, double b) { (void)b; return log(a); }
static double true_sin(double a, double b) { (void)b; return sin(a); }
static double true_tanh(double a, double b) { (void)b; return tanh(a); }

#define PLAIN(T, NAME) {#T, #NAME, "plain", T##_##NAME, 0.5, 1.5, true_##NAME}
#define PLAINS(T)                                                                                \
    PLAIN(T, add), PLAIN(T, sub), PLAIN(T, mul), PLAIN(T, div), PLAIN(T, max), PLAIN(T, abs)
#define CURVE(T, NAME, LOW, HIGH) {#T, #NAME, "library", T##_##NAME, LOW, HIGH, true_##NAME}
#define OWN(NAME, LOW, HIGH) {"float", #NAME, "own", float_own_##NAME, LOW, HIGH, true_##NAME}

static const Loop loops[] = {
    PLAINS(float), PLAINS(double),
    CURVE(float, exp, -10, 10), CURVE(float, log, 0.01, 100), CURVE(float, sin, -30, 30),
    CURVE(float, tanh, -5, 5), OWN(exp, -10, 10), OWN(log, 0.01, 100), OWN(sin, -30, 30),
    OWN(tanh, -5, 5), CURVE(double, exp, -10, 10), CURVE(double, log, 0.01, 100),
    CURVE(double, sin, -30, 30), CURVE(double, tanh, -5, 5),
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static int is_float(const Loop *loop) { return loop->type[0] == 'f'; }

static double get(const Loop *loop, const void *array, int i) {
    return is_float(loop) ? ((const float *)array)[i] : ((const double *)array)[i];
}

static void fill(const Loop *loop, void *array, int n, unsigned seed) {
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        double value = loop->low + (loop->high - loop->low) * (seed >> 8) / 16777216.0;
        if (is_float(loop)) ((float *)array)[i] = (float)value;
        else ((double *)array)[i] = value;
    }
}

/* The largest error, relative where the true value is above 1. */
static double error_of(const Loop *loop, const void *out, const void *a, const void *b, int n) {
    double worst = 0;
    for (int i = 0; i < n; i++) {
        double truth = loop->truth(get(loop, a, i), get(loop, b, i));
        double size = fabs(truth) > 1 ? fabs(truth) : 1;
        double error = fabs(get(loop, out, i) - truth) / size;
        if (error > worst) worst = error;
    }
    return worst;
}

static double nanoseconds(const Loop *loop, void *out, void *a, void *b, int n) {
    int repeats = 1 + 1000000 / n;
    double best = 1e30;
    for (int trial = 0; trial < TRIES; trial++) {
        double start = now();
        for (int k = 0; k < repeats; k++) {
            loop->run(out, a, b, n);
            __asm__ volatile("" ::: "memory");
        }
        double each = (now() - start) / ((double)repeats * n);
        if (each < best) best = each;
    }
    return best;
}

int main(void) {
    static const int gaps[] = {0, 64, 192, 576, 2112};
    for (unsigned k = 0; k < sizeof loops / sizeof *loops; k++) {
        const Loop *loop = &loops[k];
        double best = 1e30, error = 0;
        for (int bytes = BYTES / 2; bytes <= BYTES; bytes *= 2)
            for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++) {
                int n = bytes / (is_float(loop) ? 4 : 8);
                unsigned char *a = memory, *b = a + bytes + gaps[g], *out = b + bytes + gaps[g];
                fill(loop, a, n, 1), fill(loop, b, n, 2);
                double each = nanoseconds(loop, out, a, b, n);
                if (each < best) best = each;
                error = error_of(loop, out, a, b, n);
            }
        printf("%s %s %s %.6f %.3g\n", loop->type, loop->name, loop->way, best, error);
    }
    return 0;
}
