"""Run by the interpreter that has dpmm: one synthetic table of coded records.

    python dpmm_worker.py CODES.npy TABLE.npy < SETTING.json

Nothing of this project is imported here. Codes are whole numbers below public sizes, so that
nothing is binned and no budget goes into preprocessing. Prints one line of JSON.
"""

import json
import sys
import time


def main() -> None:
    setting = json.load(sys.stdin)
    import numpy as np
    import pandas as pd  # type: ignore[import-untyped]
    from dpmm.pipelines import PIPELINE_DICT  # type: ignore[import-not-found]

    codes = np.load(sys.argv[1])
    names = [f"c{j}" for j in range(codes.shape[1])]
    frame = pd.DataFrame(codes.astype(np.int64), columns=names)
    domain = dict(zip(names, setting["sizes"], strict=True))
    started = time.perf_counter()
    pipeline = PIPELINE_DICT[setting["method"]](
        epsilon=setting["epsilon"],
        delta=setting["delta"],
        disable_processing=True,
        max_model_size=setting["max_model_size"],
        gen_kwargs=setting["options"],
    )
    pipeline.fit(frame, domain=domain)
    fitted = time.perf_counter()
    table = pipeline.generate(n_records=setting["rows"])
    done = time.perf_counter()
    np.save(sys.argv[2], table[names].to_numpy().astype(np.uint16))
    rho = float(pipeline.gen.generator.rho)
    print(json.dumps({"seconds": done - started, "fit_seconds": fitted - started, "rho": rho}))


if __name__ == "__main__":
    main()
