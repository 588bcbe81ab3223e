"""C: one function of float, one over arrays, and a main that checks all 2^32 inputs."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from evaluators.approximation.whole_line import judge
from evaluators.approximation.whole_line.kernel import c_function, source
from evaluators.approximation.whole_line.line import Line
from evosearch.export import process
from evosearch.export.check import CheckResult
from evosearch.export.document import ProgramDocument
from evosearch.export.source import comment

FLAGS = ("-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")
_FILE = """\
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Every operation is rounded once: compile with -ffp-contract=off, without -ffast-math. With
   -O3 -march=native the loop over an array becomes one of vectors; for GCC rounding to integers
   has to be free to raise no exception, as standard C leaves it. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#else
#pragma STDC FP_CONTRACT OFF
#endif

/* {formula} for x in {interval}. */
{kernel}
/* {formula} for {domain}. */
static inline float {name}_inline(float x) {{
{body}}}

float {name}(float x) {{
    return {name}_inline(x);
}}

void {name}_array(const float *restrict x, float *restrict y, size_t n) {{
    for (size_t i = 0; i < n; i++) y[i] = {name}_inline(x[i]);
}}
"""
_READ = """\
    float x;
    while (scanf("%a", &x) == 1) printf("%a\\n", (double){name}(x));
    return 0;
"""
_MAIN = """
#ifdef {macro}_CHECK
#include <stdio.h>

/* Reads floats, prints values, all as hex floats. */
int main(void) {{
{read}}}
#endif
"""
_MAIN_ALL = """
#ifdef {macro}_CHECK
#include <stdio.h>
#include <stdlib.h>

static int read_floats(void) {{
{read}}}

/* Without arguments: reads floats, prints values, all as hex floats. With "all": compares every
   float, or every STEP-th, with the C library's double {reference}, and prints their number, the
   largest error in units in the last place, where it is, and how many results are NaN, infinite
   or of another sign where they must not be. */
int main(int argc, char **argv) {{
    if (argc < 2 || strcmp(argv[1], "all") != 0) return read_floats();
    const uint64_t step = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    enum {{ BLOCK = 4096 }};
    static float x[BLOCK], y[BLOCK];
    uint64_t count = 0, wrong = 0, at = 0;
    double worst = 0;
    float where = 0;
    while (at >> 32 == 0) {{
        size_t n = 0;
        for (; n < BLOCK && at >> 32 == 0; n++, at += step) {{
            const uint32_t bits = (uint32_t)at;
            memcpy(&x[n], &bits, 4);
        }}
        {name}_array(x, y, n);
        for (size_t i = 0; i < n; i++) {{
            const double real = {reference}((double)x[i]);
            const float nearest = (float)real;
            if (isnan(real) || isinf(nearest)) {{
                const int same = isnan(real) ? isnan(y[i]) : y[i] == nearest;
                wrong += !same;
                continue;
            }}
            int exponent;
            frexp(real, &exponent);
            exponent = exponent < -125 || real == 0 ? -125 : exponent;
            const double error = ldexp(fabs((double)y[i] - real), 24 - exponent);
            wrong += !(error < 1e9) || (y[i] != 0 && signbit(y[i]) != signbit(nearest));
            if (error > worst) worst = error, where = x[i];
        }}
        count += n;
    }}
    printf("%llu inputs, largest error %.4f ulp at %a, %llu wrong\\n",
           (unsigned long long)count, worst, (double)where, (unsigned long long)wrong);
    return wrong != 0;
}}
#endif
"""


@dataclass(frozen=True)
class WholeLineC:
    """A C99 file that computes one function."""

    line: Line
    needs: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """For example ``c-exp2``."""
        return f"c-{self.line.name}"

    @property
    def suffix(self) -> str:
        """For example ``exp2.c``."""
        return f"{self.line.name}.c"

    def write(self, document: ProgramDocument) -> str:
        """The file; raises ExportError where the program is no float32 kernel."""
        program = source(document)
        kernel = f"{program.name}_kernel"
        header = [f"{self.line.formula} from a kernel found by evosearch.", ""]
        header += [*program.comments, "", *map(comment, self.line.notes)]
        return (
            "".join(f"/* {line}".rstrip() + " */\n" for line in header)
            + _FILE.format(
                formula=self.line.formula,
                interval=self.line.interval,
                kernel=c_function(document, kernel),
                name=program.name,
                body=self.line.c.replace("KERNEL", kernel),
                domain=self.line.domain,
            )
            + (_MAIN_ALL if self.line.c_reference else _MAIN).format(
                macro=program.name.upper(),
                name=program.name,
                reference=self.line.c_reference,
                read=_READ.format(name=program.name),
            )
        )

    def check(self, path: Path, document: ProgramDocument) -> CheckResult:
        """Compile it without warnings; compare its values with exact arithmetic, bit for bit."""
        if shutil.which("cc") is None:
            return CheckResult("skipped", message="skipped: needs a C compiler called cc")
        x = judge.inputs(self.line, document)
        with tempfile.TemporaryDirectory() as folder:
            binary = compiled(path, source(document).name, Path(folder))
            lines = process.run([binary], "\n".join(float(v).hex() for v in x)).split()
        values = np.array([float.fromhex(line) for line in lines], np.float32)
        return judge.judged(self.line, document, x, values)


def compiled(path: Path, name: str, folder: Path) -> Path:
    """The file's own check as a program in ``folder``; raises ExportError with the complaint."""
    binary = folder / "check"
    macro = f"-D{name.upper()}_CHECK"
    process.run([shutil.which("cc") or "cc", *FLAGS, macro, "-x", "c", path, "-o", binary, "-lm"])
    return binary
