"""The registry: cases are found, checked and selected, and what is wrong is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffcheck.case import Case, CaseError
from diffcheck.registry import NothingSelected, default_folder, load, select

SQUARE = """
from diffcheck import case, real

@case(x=real(), examples=[{"x": 2.0}], source="T3")
def square(x):
    return x * x
"""


def one_case(decorator: str) -> str:
    """The text of a case file with one case, `f`, decorated as given."""
    return f"from diffcheck import Claim, case, real\n\n\n@case({decorator})\ndef f(x):\n    return x\n"


def write(folder: Path, **files: str) -> Path:
    """Write case files, name → text, and return their folder."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def message(path: Path) -> str:
    """What `load` says about a path that it refuses; always one line."""
    with pytest.raises(CaseError) as caught:
        load([path])
    text = str(caught.value)
    assert "\n" not in text
    return text


def selected(cases: tuple[Case, ...], *patterns: str) -> list[str]:
    """The names that patterns select."""
    return [case.id for case in select(cases, patterns)]


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    """Three cases in two groups, two of them with the same short name."""
    other = SQUARE.replace("T3", "Rosenbrock 1960, T31") + SQUARE.replace("square", "cube")
    return load([write(tmp_path, plain=SQUARE, other=other)])


# --- loading ------------------------------------------------------------------------------------


def test_without_paths_the_packages_own_cases_are_loaded() -> None:
    """With no path, the cases beside the package are loaded, sorted by name."""
    names = [case.id for case in load()]
    assert "scalar/quadratic" in names
    assert names == sorted(names)
    assert default_folder().is_dir()


def test_the_group_is_the_files_stem(tmp_path: Path) -> None:
    """A case's group is the name of its file, so that `group/name` says where to look."""
    (only,) = load([write(tmp_path, plain=SQUARE)])
    assert only.id == "plain/square"
    assert only(3.0) == 9.0


def test_a_file_and_a_folder_load_alike(tmp_path: Path) -> None:
    """A single file can be named instead of its folder."""
    folder = write(tmp_path, plain=SQUARE)
    assert [case.id for case in load([folder / "plain.py"])] == [case.id for case in load([folder])]


def test_files_that_begin_with_an_underscore_are_left_out(tmp_path: Path) -> None:
    """`_helpers.py` beside the cases is not read."""
    assert len(load([write(tmp_path, plain=SQUARE, _helpers="raise RuntimeError")])) == 1


def test_an_alias_is_not_a_second_case(tmp_path: Path) -> None:
    """Another name for the same case does not make it a duplicate."""
    assert len(load([write(tmp_path, plain=SQUARE + "\nagain = square\n")])) == 1


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    """An edited file gives the edited case, in the same process too."""
    load([write(tmp_path, plain=SQUARE)])
    (edited,) = load([write(tmp_path, plain=SQUARE.replace("x * x", "x * x * x"))])
    assert edited(2.0) == 8.0


# --- what does not load -------------------------------------------------------------------------


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    """A path that does not exist is said to be missing."""
    assert "no such file or folder" in message(tmp_path / "nowhere")


def test_a_path_that_is_no_python_file_is_refused(tmp_path: Path) -> None:
    """A data file is not taken for cases."""
    (tmp_path / "data.csv").write_text("1,2")
    assert "not a Python file" in message(tmp_path / "data.csv")


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    """Nothing found is not success."""
    assert "no cases here" in message(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("import diffcheck\nimport no_such_module\n", 2, "ModuleNotFoundError"),
        ("\n\ndef broken(:\n", 3, "SyntaxError"),
        ("from diffcheck import case\n\n1 / 0\n", 3, "ZeroDivisionError"),
        ("from diffcheck import case, real\n\n@case(y=real(), source='T1')\ndef f(x):\n    return x\n", 3, "takes (x)"),
    ],
)
def test_a_file_that_does_not_import_is_named_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    """The message leads to the line of the case file, not to diffcheck's own."""
    text_of_error = message(write(tmp_path, broken=text))
    assert f"broken.py:{line}" in text_of_error
    assert what in text_of_error


def test_two_cases_of_one_name_in_a_file_are_refused(tmp_path: Path) -> None:
    """The second definition would silently replace the first."""
    text = message(write(tmp_path, plain=SQUARE + SQUARE))
    assert "square is defined in line 5 and again in line 11" in text


def test_two_cases_of_one_name_in_two_folders_are_refused(tmp_path: Path) -> None:
    """`group/name` must be unique over everything that is loaded."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, plain=SQUARE)
    with pytest.raises(CaseError, match="plain/square is already in"):
        load([tmp_path / "one", tmp_path / "two"])


@pytest.mark.parametrize(
    ("decorator", "what"),
    [
        ("x=real(), source='T1', dims={'n': 3}", "dims names 'n'"),
        ("x=real(high=1.0, special=(2.0,)), source='T1'", "special number 2.0 outside"),
        ("x=real(), source='T1', examples=[{'x': float('nan')}]", "'x' holds a NaN"),
        ("x=real(), source='T1', claims=[Claim('c', at={'x': 11.0})]", "outside its domain from -10.0 to 10.0"),
        ("x=real(), source='T1', examples=[{'x': 1.0}], claims=[Claim('c', gradient={'y': 1.0})]", "'y'"),
    ],
)
def test_a_case_that_contradicts_itself_is_refused(tmp_path: Path, decorator: str, what: str) -> None:
    """Dimensions, special numbers, examples and claims must fit the domains."""
    text = message(write(tmp_path, plain=one_case(decorator)))
    assert "case plain/f" in text
    assert what in text


# --- selecting ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], ["other/cube", "other/square", "plain/square"]),
        (["plain/square"], ["plain/square"]),
        (["cube"], ["other/cube"]),
        (["other/*"], ["other/cube", "other/square"]),
        (["squ*"], ["other/square", "plain/square"]),
        (["source:T3"], ["other/cube", "plain/square"]),
        (["source:rosenbrock"], ["other/square"]),
        (["plain/*", "cube"], ["other/cube", "plain/square"]),
        (["cube", "cube", "other/cube"], ["other/cube"]),
    ],
)
def test_patterns_select(cases: tuple[Case, ...], patterns: list[str], expected: list[str]) -> None:
    """Names, short names, globs and sources select; several add up, without repeating."""
    assert selected(cases, *patterns) == expected


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("cub", "did you mean cube"),
        ("plain/sqare", "did you mean plain/square"),
        ("square", "write other/square or plain/square"),
        ("plain", "write 'plain/*'"),
        ("zzz", "diffcheck list cases"),
    ],
)
def test_an_unknown_name_is_answered_with_what_to_write(cases: tuple[Case, ...], pattern: str, what: str) -> None:
    """A name that no case has, or that several have, is an error that says what to write instead."""
    with pytest.raises(CaseError) as caught:
        select(cases, [pattern])
    assert what in str(caught.value)
    assert not isinstance(caught.value, NothingSelected)


@pytest.mark.parametrize("pattern", ["zzz*", "plain/c*", "source:T9"])
def test_an_empty_selection_is_not_success(cases: tuple[Case, ...], pattern: str) -> None:
    """A glob or a source that nothing matches is an error of its own kind."""
    with pytest.raises(NothingSelected):
        select(cases, [pattern])


def test_one_empty_pattern_among_others_is_an_error(cases: tuple[Case, ...]) -> None:
    """A pattern that matches nothing is reported even when another one matches."""
    with pytest.raises(NothingSelected):
        select(cases, ["plain/*", "zzz*"])
