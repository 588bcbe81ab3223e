"""CSV files: read strictly, written back as the same codes, and no cell ever in a message."""

import gzip
import traceback

import numpy as np
import pytest

from evaluators.private_data import csv_file
from evaluators.private_data.domain import Domain
from evosearch.errors import ConfigError

DOMAIN = Domain.from_json(
    {
        "kind": {"values": ["a", "b, c", 'd "e"'], "missing": ""},
        "size": {"edges": [0, 10, 20], "integer": True},
    }
)
GOOD = 'id,size,kind\n1,3,a\n2,15,"b, c"\n3,40,\n4,-1,"d ""e"""\n'
RNG = np.random.default_rng(1)
CODES = [[1, 0], [2, 1], [0, 1], [3, 0]]


def written(path, content):
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
@pytest.mark.parametrize(
    "content", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD + "\n"]
)
def test_columns_of_the_domain_are_read_whatever_else_is_there(tmp_path, name, content):
    codes = csv_file.read(written(tmp_path / name, content), DOMAIN)
    assert codes.dtype == np.uint16
    assert codes.tolist() == CODES


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_what_is_written_is_read_back_and_depends_on_the_generator_alone(tmp_path, name):
    codes = np.array(CODES * 50, np.uint16)
    paths = [tmp_path / folder / name for folder in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        csv_file.write(path, DOMAIN, codes, np.random.default_rng(5))
        assert csv_file.read(path, DOMAIN).tolist() == codes.tolist()
    assert paths[0].read_bytes() == paths[1].read_bytes()
    csv_file.write(paths[1], DOMAIN, codes, np.random.default_rng(6))
    assert paths[0].read_bytes() != paths[1].read_bytes()


SECRET = "s3cret"


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (f"size,kind\n3,a\n4,{SECRET}\n", "line 3, column 'kind': expected one of \"a\""),
        (f"size,kind\n{SECRET},a\n", "line 2, column 'size': expected a whole number"),
        ("size,kind\n1.5,a\n", "line 2, column 'size'"),
        ("size,kind\n,a\n", "line 2, column 'size'"),
        (f'size,kind\n1,a\n"2",a,{SECRET}\n', "line 3: expected 2 cells"),
        ('size,kind\n1,"b, c"\n3\n', "line 3: expected 2 cells"),
        (f"size,kind\n1,a\n\n2,{SECRET}\n", "line 3: expected 2 cells, received no line"),
        (f"{SECRET},{SECRET}\n1,a\n", "line 1: expected a column named 'kind', found none"),
        (f"size,kind,kind\n1,a,{SECRET}\n", "column 'kind' occurs twice"),
        ("size,kind\n", "expected rows"),
        ("", "expected a column named"),
        (f'size,kind\n1,"{SECRET}\n', "closed quotes"),
        (f'size,kind\n1,"a"{SECRET}\n', "closed quotes"),
        (f"size,kind\n1,{SECRET}\xff\n".encode("latin-1"), "UTF-8"),
        (f"size,kind\n1,{SECRET * 40000}\n", "closed quotes"),
    ],
)
def test_mistakes_name_the_place_and_never_a_cell(tmp_path, content, mistake):
    with pytest.raises(ConfigError) as found:
        csv_file.read(written(tmp_path / "bad.csv", content), DOMAIN)
    assert mistake in str(found.value)
    assert "bad.csv" in str(found.value)
    assert SECRET not in "".join(traceback.format_exception(found.value))


def test_each_column_tells_its_first_mistake(tmp_path):
    path = written(tmp_path / "bad.csv", "size,kind\n1,a\n2,x\ny,x\n")
    with pytest.raises(ConfigError) as found:
        csv_file.read(path, DOMAIN)
    lines = [text.split(": ")[0].split(", ", 1)[1] for text in found.value.mistakes]
    assert lines == ["line 3, column 'kind'", "line 4, column 'size'"]


def test_a_line_is_that_of_the_file_where_cells_have_several(tmp_path):
    path = written(tmp_path / "bad.csv", 'note,size,kind\n"two\nlines",1,a\nok,2,z\n')
    with pytest.raises(ConfigError, match="line 4, column 'kind'"):
        csv_file.read(path, DOMAIN)


def test_damaged_and_absent_files_are_refused(tmp_path):
    path = written(tmp_path / "t.csv.gz", GOOD * 100)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ConfigError, match="cannot be read to its end"):
        csv_file.read(path, DOMAIN)
    path.write_bytes(GOOD.encode())
    with pytest.raises(ConfigError, match="cannot be read to its end"):
        csv_file.read(path, DOMAIN)
    with pytest.raises(ConfigError, match="cannot read"):
        csv_file.read(tmp_path / "none.csv", DOMAIN)
    with pytest.raises(ConfigError, match="cannot write"):
        csv_file.write(tmp_path / "no" / "t.csv", DOMAIN, np.zeros((1, 2), np.uint16), RNG)
