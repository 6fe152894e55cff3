"""The command line, as a person uses it: what it prints, where, and its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from diffcheck import cli
from diffcheck.run_file import read_run

CASES = '''
from diffcheck import Claim, case, real


@case(x=real(), examples=[{"x": 1.0}], source="S1", claims=[Claim("the slope is 5", gradient={"x": 5.0})])
def parabola(x):
    """y = 5x² - 4x"""
    return 5 * x**2 - 4 * x


@parabola.handwritten("power rule")
def _(x):
    return {"x": 10 * x - 4}


@case(x=real("n"), examples=[{"x": [1.0, 2.0]}], source="S2")
def twice(x):
    """y = 2x"""
    return 2 * x


@twice.handwritten("right")
def _(x, cotangent):
    return {"x": 2 * cotangent}
'''

WRONG = """

@parabola.handwritten("forgets the 4")
def _(x):
    return {"x": 10 * x}
"""

T1_PRINTS = ["6.5000000000000036", "6.050000000000021", "6.004999999999148", "6.00050000000074", "6.000050000043442"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of our own with two cases, both with right formulas written by hand."""
    (tmp_path / "slopes.py").write_text(CASES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


QUICK = ["--cases", "slopes.py", "-b", "handwritten", "-n", "2", "-j", "1"]


def quick(*more: str) -> int:
    """Run our two cases by their hand-written formulas, which needs no framework."""
    return cli.main(["run", *QUICK, *more])


def add_wrong_formula() -> None:
    """Attach a wrong formula to the parabola."""
    with Path("slopes.py").open("a", encoding="utf-8") as file:
        file.write(WRONG)


# --- run ----------------------------------------------------------------------------------------


def test_a_run_prints_the_matrix_and_writes_the_run_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Two cases by one method in two dtypes, all right: exit code 0."""
    assert quick() == 0
    out = capsys.readouterr().out
    for word in ("slopes/parabola", "slopes/twice", "handwritten", "float64", "float32", "4 AGREES"):
        assert word in out
    run = read_run(Path("reports/run.jsonl"))
    assert run.complete
    assert [sheet.case for sheet in run.sheets] == ["slopes/parabola", "slopes/twice"]


def test_a_wrong_formula_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, the finding with its smallest point, and the command that replays it."""
    add_wrong_formula()
    assert quick("parabola", "-d", "float64") == 1
    out = capsys.readouterr().out
    assert "✗ WRONG  slopes/parabola · handwritten R forgets the 4 · float64" in out
    assert "x = 0.0" in out
    assert "diffcheck replay " in out


def test_exit_zero_hides_verdicts_but_not_usage_errors() -> None:
    """A pipeline that only wants the report is not stopped by a finding; a mistyped command stops it."""
    add_wrong_formula()
    assert quick("parabola", "--exit-zero") == 0
    assert quick("nothing_like_that", "--exit-zero") == 2


def test_the_exit_code_is_the_same_in_every_format() -> None:
    """What is printed has no say in it."""
    add_wrong_formula()
    for name in ("text", "json", "markdown", "html", "plots"):
        assert quick("parabola", "--output", f"{name}:out") == 1


def test_several_outputs_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Files are written beside what is printed, folders are made."""
    assert quick("--output", "markdown", "--output", "html:pages/index.html", "--output", "json:a.json") == 0
    assert capsys.readouterr().out.startswith("# Agreement")
    assert Path("pages/index.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert Path("a.json").exists()


def test_filters(capsys: pytest.CaptureFixture[str]) -> None:
    """Several names between commas, and `plain` for a mode alone."""
    assert quick("-t", "power rule,right", "-d", "float32", "-m", "R") == 0
    assert "float64" not in capsys.readouterr().out.partition("diffcheck 0")[0]
    assert quick("-t", "plain") == 5


def test_the_same_seed_gives_the_same_run() -> None:
    """Byte for byte."""
    quick("--run-file", "one.jsonl", "--seed", "7")
    quick("--run-file", "two.jsonl", "--seed", "7")
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes()


def test_a_known_finding_beside_the_cases_does_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    """`known.toml` in the folder of the cases is read unless another file is named."""
    add_wrong_formula()
    Path("known.toml").write_text(
        '[[known]]\ncase = "slopes/parabola"\nbackend = "handwritten"\ntransform = "forgets the 4"\n'
        'verdict = "WRONG"\nreason = "forgets the 4"\npoint = { x = 0.0 }\n',
        encoding="utf-8",
    )
    options = ["--cases", ".", "-b", "handwritten", "-n", "2", "-j", "1", "-d", "float64"]
    assert cli.main(["run", *options]) == 0
    assert "✗ WRONG (known)" in capsys.readouterr().out
    assert cli.main(["list", "known", "--cases", "."]) == 0
    assert "forgets the 4" in capsys.readouterr().out


# --- mistakes -----------------------------------------------------------------------------------


MISTAKES: list[tuple[list[str], int, str]] = [
    (["run", "parabol"], 2, "no case 'parabol'; did you mean parabola"),
    (["run", "zz*"], 5, "no case matches 'zz*'"),
    (["run", "-b", "troch"], 2, "no backend 'troch'; there are"),
    (["run", "--require", "tensorflow"], 2, "no backend 'tensorflow'; there are"),
    (["run", "-m", "X"], 2, "no mode 'X'; there are"),
    (["run", "-d", "float8"], 2, "no dtype 'float8'; there are"),
    (["run", "-b", "handwritten", "-m", "F"], 5, "no method is left to run"),
    (["run", "--profile", "slow"], 2, "no profile 'slow'; there are"),
    (["run", "--order", "3"], 2, "no order 3; there are 1, 2"),
    (["run", "--order", "two"], 2, "invalid int value: 'two'"),
    (["run", "-b", "handwritten", "--order", "2"], 5, "no method is left to run"),
    (["run", "-j", "0"], 2, "0 jobs"),
    (["run", "-n", "many"], 2, "invalid count value: 'many'"),
    (["run", "--output", "pdf"], 2, "no format 'pdf'; there are"),
    (["run", "--output", "html:slopes.py/page.html"], 2, "cannot write slopes.py/page.html"),
    (["run", "--run-file", "slopes.py/run.jsonl", "-b", "handwritten"], 2, "cannot write slopes.py/run.jsonl"),
    (["run", "--known", "nowhere.toml"], 2, "nowhere.toml"),
    (["run", "--resume", "--run-file", "slopes.py", "-b", "handwritten"], 2, "not a run file"),
    (["show", "parabola", "--at", "x"], 2, "--at 'x': write NAME=NUMBERS"),
    (["show", "parabola", "--at", "x=one"], 2, "--at 'x=one': write NAME=NUMBERS"),
    (["show", "parabola", "--at", "1=x"], 2, "--at '1=x': write NAME=NUMBERS"),
    (["show", "parabola", "--at", "z=1"], 2, "'z', which is not an argument of parabola(x)"),
    (["show", "parabola", "--at", "x=[1,2]"], 2, "has shape (2,), but its domain has shape ()"),
    (["show", "parabola", "--at", "x='a'"], 2, "not an array of numbers"),
    (["show", "*", "--at", "x=1"], 2, "--at needs one case"),
    (["show", "nothing"], 2, "no case 'nothing'"),
    (["report", "nowhere.jsonl"], 2, "nowhere.jsonl: No such file"),
    (["report", "slopes.py"], 2, "not a run file"),
    (["replay", "abcdef"], 2, "reports/run.jsonl: No such file"),
    (["list", "things"], 2, "invalid choice: 'things'"),
    (["fly"], 2, "invalid choice: 'fly'"),
    ([], 2, "COMMAND"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "says"), MISTAKES, ids=[" ".join(arguments) or "nothing" for arguments, _, _ in MISTAKES]
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, saying what to do; nothing runs and nothing is written."""
    cases = [] if not arguments or arguments[0] not in ("run", "show", "replay") else ["--cases", "slopes.py"]
    before = sorted(Path().iterdir())
    try:
        exit_code = cli.main([*arguments, *cases])
    except SystemExit as stop:
        exit_code = int(str(stop.code))
    captured = capsys.readouterr()
    assert exit_code == code
    assert captured.out == ""
    assert captured.err.startswith("diffcheck: error: ")
    assert captured.err.count("\n") == 1
    assert says in captured.err
    assert sorted(Path().iterdir()) == before


def test_a_report_that_cannot_be_written_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It is noticed before the run, not after it."""
    assert quick("--output", "html:slopes.py/page.html") == 2
    assert not Path("reports").exists()
    assert "make slopes.py writable or name another file" in capsys.readouterr().err


def test_an_error_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only errors that are meant for the person who typed are shortened to a line."""

    def broken(_: object) -> int:
        raise ValueError("a bug")

    monkeypatch.setitem(cli.COMMANDS, "list", broken)
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["list", "cases"])


# --- interruptions ------------------------------------------------------------------------------


def test_a_contradiction_of_ours_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, and what a report of the bug needs; no matrix of verdicts that nobody can trust."""
    from diffcheck.reference.second_opinion import Disagreement

    def contradict(*_: object) -> None:
        raise Disagreement("two certified opinions share no number")

    monkeypatch.setattr("diffcheck.agreement.second_opinion", contradict)
    assert quick() == 3
    out, err = capsys.readouterr()
    assert "diffcheck: stopped: two certified opinions share no number" in err
    assert "AGREES" not in out


def test_an_interrupted_run_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C: exit code 130, the records so far are readable, and --resume finishes what is left."""
    from diffcheck.progress import Progress

    def interrupt(self: Progress, label: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "advance", interrupt)
        assert quick() == 130
    message = capsys.readouterr().err
    assert message.startswith("diffcheck: interrupted; what is done is kept, go on with: diffcheck run --cases")
    assert message.rstrip().endswith("--resume")
    interrupted = read_run(Path("reports/run.jsonl"))
    assert not interrupted.complete
    assert len(interrupted.records) == 1
    assert quick("--resume") == 0
    assert len(read_run(Path("reports/run.jsonl")).records) == 4


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    """`diffcheck list cases | head -1` prints one line and no traceback."""
    (folder / "reports").mkdir()
    command = f"{sys.executable} -m diffcheck list cases | head -1"
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_poor_terminal_gets_question_marks() -> None:
    """An encoding without our glyphs is no reason to fail."""
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1]), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "diffcheck", "list", "cases", "--cases", "slopes.py"]
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert b"y = 5x? - 4x" in done.stdout


# --- the other commands -------------------------------------------------------------------------


def test_show_prints_t1s_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Formula, closed form, value by every method, and T1's numbers beside their true errors."""
    assert cli.main(["show", "quadratic", "--at", "x=1"]) == 0
    out = capsys.readouterr().out
    for part in ("5*x**2 - 4*x", "10*x - 4", "Difference quotients for ∂/∂x = 6.0", "finite_difference R central"):
        assert part in out
    lines = out[out.index("Difference quotients") :].splitlines()[2:7]
    assert [line.split()[1] for line in lines] == T1_PRINTS
    assert [line.split()[2] for line in lines] == ["5.0e-01", "5.0e-02", "5.0e-03", "5.0e-04", "5.0e-05"]


def test_show_takes_what_is_left_out_from_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --at the first worked example is shown; --at replaces its values."""
    cli.main(["show", "twice", "--cases", "slopes.py"])
    assert "x                  [1.0, 2.0]" in capsys.readouterr().out
    cli.main(["show", "twice", "--at", "x=[3, 4, 5]", "--cases", "slopes.py"])
    assert "x                  [3.0, 4.0, 5.0]" in capsys.readouterr().out


def test_report_renders_a_stored_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The same text, and the same exit code, as the run itself."""
    add_wrong_formula()
    first = quick()
    printed = capsys.readouterr().out
    assert cli.main(["report", "reports/run.jsonl"]) == first == 1
    assert capsys.readouterr().out == printed


def test_report_puts_several_runs_together(capsys: pytest.CaptureFixture[str]) -> None:
    """Two halves of a run are shown as one."""
    quick("parabola", "--run-file", "one.jsonl")
    quick("twice", "--run-file", "two.jsonl")
    capsys.readouterr()
    assert cli.main(["report", "one.jsonl", "two.jsonl"]) == 0
    assert "2 cases, 4 cells" in capsys.readouterr().out


def test_replay_computes_a_finding_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The same verdict while the formula is wrong, and a word about it once it is right."""
    add_wrong_formula()
    quick("parabola", "-d", "float64")
    finding = next(one for one in read_run(Path("reports/run.jsonl")).records if one.judgement.verdict.failure)
    capsys.readouterr()
    assert cli.main(["replay", finding.id[:8], "--cases", "slopes.py"]) == 1
    assert "recorded WRONG, now WRONG\n" in capsys.readouterr().out
    assert cli.main(["replay", finding.id, "--cases", "slopes.py", "--script"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith('print(f"gradient of x')
    text = Path("slopes.py").read_text(encoding="utf-8").replace('return {"x": 10 * x}', 'return {"x": 10 * x - 4}')
    Path("mended").mkdir()
    Path("mended/slopes.py").write_text(text, encoding="utf-8")
    assert cli.main(["replay", finding.id, "--cases", "mended/slopes.py"]) == 0
    assert "recorded WRONG, now AGREES: not the same any more" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("what", "word"),
    [("cases", "slopes/parabola  S1"), ("backends", "finite_difference"), ("modes", "reverse"), ("known", "none")],
)
def test_list(what: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What there is, one per line."""
    assert cli.main(["list", what, "--cases", "slopes.py"]) == 0
    assert word in capsys.readouterr().out


def test_help_names_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` is the first thing a person reads."""
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert all(command in out for command in cli.COMMANDS)
    assert "exit codes" in out


# ---- somebody's own function ---------------------------------------------------------------------

OPS = """
import torch


def cube(x, n):
    return x**3 + 0 * n


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, cotangent):
        return 2 * cotangent * ctx.saved_tensors[0] ** 2


def wrong(x):
    return Wrong.apply(x)


def definition(x):
    return x * x * x


def dies_in_bfloat16(x):
    if x.dtype == torch.bfloat16:
        import os

        os._exit(7)
    return x**3


def hangs(x):
    while True:
        pass
"""


@pytest.fixture
def ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of somebody's, in the folder in which the command is typed."""
    name = f"ops_of_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(OPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return name


def test_check_judges_a_right_function(ops: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Inputs come by name, in any order; the exit code is 0 and the records can be rendered again."""
    inputs = ["--input", "n=real(3)", "--input", "x=real(3, low=-50, high=50)"]
    assert cli.main(["check", f"{ops}:cube", *inputs, "-n", "3", "-b", "torch", "--run-file", "run.jsonl"]) == 0
    assert f"{ops}/cube" in capsys.readouterr().out
    assert len(read_run(Path("run.jsonl")).records) == 4
    assert cli.main(["report", "run.jsonl", "--output", "json"]) == 0


def test_check_finds_a_wrong_function(ops: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1, as it is for a run, and the finding is shown."""
    words = ["check", f"{ops}:wrong", "--input", "x=real(2)", "--definition", f"{ops}:definition", "-n", "3", "-m", "R"]
    assert cli.main([*words, "-b", "torch"]) == 1
    assert "✗ WRONG" in capsys.readouterr().out
    assert cli.main([*words, "-b", "torch", "--exit-zero"]) == 0


def test_check_in_workers_outlives_a_function_that_hangs_or_dies(ops: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The other dtype is judged; the exit code is 3, as for a run. A refusal is one line, as without workers."""
    words = ["--input", "x=real(2)", "-b", "torch", "-m", "R", "-n", "2"]
    assert cli.main(["check", f"{ops}:dies_in_bfloat16", *words, "-j", "2", "-d", "float64,bfloat16"]) == 3
    said = capsys.readouterr().out
    assert "† CRASHED" in said
    assert "the process ended with exit code 7" in said
    assert "✓ AGREES" in said
    assert (
        cli.main(["check", f"{ops}:hangs", *words, "-d", "float64", "--timeout", "15", "--run-file", "run.jsonl"]) == 3
    )
    assert "stopped after 15 s" in capsys.readouterr().out
    assert [record.judgement.verdict.name for record in read_run(Path("run.jsonl")).records] == ["TIMED_OUT"]
    assert cli.main(["check", f"{ops}:wrong", "--input", "x=real(2)", "-j", "1", "-b", "sympy"]) == 2
    assert "no backend 'sympy'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no.such.module:f", "--input", "x=real()"], "No module named"),
        (["math:sin", "--input", "x=sin()"], "write NAME=DOMAIN"),
        (["math:sin", "--input", "x=real()", "-b", "sympy"], "no backend 'sympy'"),
        (["math:sin"], "--input"),
    ],
)
def test_check_says_what_was_typed_wrong(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and exit code 2."""
    try:
        code: object = cli.main(["check", *words])
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
