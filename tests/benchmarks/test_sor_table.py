"""The table of relaxation at a tiny size."""

import pytest

pytest.importorskip("benchmarks")

from benchmarks import sor_table


@pytest.mark.slow
def test_table_of_short_sequences(capsys):
    assert sor_table.main(["--only", "laplacian", "--instances", "8", "--trials", "2"]) == 0
    out = capsys.readouterr().out
    low, high = out.split("Shifted Laplacians, ")[1:]
    assert low.startswith("low variance: 8 systems, 2 draws")
    for part in (low, high):
        lines = [line.split("|")[1:-1] for line in part.splitlines() if line.startswith("|")]
        rows = {name.strip(): cells for name, *cells in lines[2:]}
        means = {name: float(cells[0]) for name, cells in rows.items()}
        assert means[sor_table.ORACLE] <= means["Young"] * 1.02
        assert means["oracle, 191 omegas"] < means["best fixed"] < means["omega = 1"]
        assert float(rows[sor_table.ORACLE][3]) == 1
        assert rows["ChebCB"][2].strip() == "–"  # nothing to compare such a short sequence with
