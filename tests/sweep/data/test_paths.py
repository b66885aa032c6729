"""A path that leads to no table: what is said of it."""

import os
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sweep import Sweep
from sweep.data import files
from sweep.errors import InputError
from tests.sweep.data.read import refusal

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_name_that_is_no_file():
    assert refusal("digit").endswith("; did you mean 'digits'?")
    assert refusal("zzz") == (
        "'zzz' is no file and no built-in set; there are article, iris, wine, breast_cancer, digits"
    )


def test_standard_input_is_named_where_it_is_meant():
    assert "so it takes no standard input" in refusal("-")
    assert refusal("/dev/null").endswith("(to predict and evaluate, '-' is standard input)")


def test_a_path_that_is_no_file_is_told_a_file_beside_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal("ring.csv") == (
        f"'ring.csv' is no file, and none in '{tmp_path}' has a similar name"
    )
    (tmp_path / "rings.csv").touch()
    (tmp_path / "iris.csv").touch()
    assert refusal("ring.csv") == "'ring.csv' is no file; did you mean 'rings.csv'?"
    assert refusal(tmp_path / "ring.csv").endswith(f"did you mean '{tmp_path}/rings.csv'?")
    assert refusal("date/ring.csv") == "'date/ring.csv' is no file: there is no folder 'date'"
    assert refusal("two\nlines\0.csv").startswith(r"'two\nlines\x00.csv' is no file")
    with pytest.raises(InputError, match=r"^'ring.csv' is no file; did you mean 'rings.csv'\?$"):
        Sweep(data="ring.csv").digest()
    with pytest.raises(InputError, match=r"`test` is no share, such as 0.2, and 'ring.csv' is no"):
        Sweep(data="iris.csv", test="ring.csv").digest()


@pytest.mark.parametrize("name", ["folder", "pipe", "/dev/zero", "a\0b.csv", "absent.csv"])
@pytest.mark.parametrize("option", ["data", "test"])
def test_what_is_no_file_is_refused_in_one_line(typed, tmp_path, name, option):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "good.csv").write_text("a,y\n" + "1,u\n2,v\n" * 9)
    given = ["--data", "good.csv", "--test", name] if option == "test" else ["--data", name]
    for command in ("plan", "run"):
        status, out, error = typed(command, *given, "--l1", "0", "--l2", "0", "--seeds", "0:1")
        assert (status, out) == (2, "") and error.count("\n") == 1, error
        found = re.search(
            "is a directory|is not a regular file|is no file|should be a (name|share)", error
        )
        assert found, error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(written):
    path = written("a,y\n1,0\n2,1\n")
    path.chmod(0)
    assert refusal(path) == f"cannot read '{path}': Permission denied"


@same_folder
@given(
    st.one_of(
        st.binary(),
        st.text('a1,;.-"\n\r é\t'),
        st.lists(st.text("a1. ", max_size=3), min_size=2, max_size=12).map(
            lambda cells: "".join(c + ",\n"[i % 2] for i, c in enumerate(["a", "y", *cells]))
        ),
        st.builds(
            lambda mark, rest: mark + rest,
            st.sampled_from([b"PAR1", b"ARROW1\0\0", b"\x1f\x8b\x08", b"PK\x03\x04", b"\xff\xfe"]),
            st.binary(),
        ),
        st.text('{}[]":1a,\n').map(lambda rest: '{"a":1}\n' + rest),
        st.text("%@{}',1a\n").map(lambda rest: "@relation r\n@attribute a {u,v}\n@data\n" + rest),
    )
)
@example(b"\0\0\0\0")
@example("a,y\n\0,0\n1,1\n")
@example(";\r;")
@example(",\n,\n")
def test_any_file_is_read_or_refused_in_one_line(written, content):
    path = written(content)
    try:
        table = files.read(str(path))
    except InputError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert table.kind and len({len(column.values) for column in table}) == 1
        assert len({column.name for column in table}) == len(table) > 0
        for column in table:
            assert column.where(len(column.values) - 1)
