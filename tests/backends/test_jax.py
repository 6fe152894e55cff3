"""jax: right derivatives, refusals that are told from errors, and a caller's switches left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck import array_namespace
from diffcheck.backends.base import BadOutput, Derivative, Task, Unsupported
from diffcheck.backends.jax import JaxBackend
from diffcheck.dtype import DTYPES, LOW, limits
from diffcheck.special import stop_gradient
from tests.numbers import normal_numbers

MakeTask = Callable[..., Task]

BACKEND = JaxBackend()
TRANSFORMS = ["", "jit"]


def bilinear(x: Any, w: Any) -> Any:
    """y = Wx"""
    xp = array_namespace(x)
    return xp.matmul(w, x)


def squared(x: Any) -> Any:
    """y = x²"""
    return x * x


def doubled_until_large(x: Any) -> Any:
    """y = 2ᵏx, with the k at which the norm passes 1000"""
    xp = array_namespace(x)
    y = 2 * x
    while xp.linalg.vector_norm(y) < 1000:
        y = 2 * y
    return y


def entries_of(derivative: Derivative) -> dict[str, Any]:
    """The entries as lists, to be compared exactly."""
    return {name: None if entry is None else entry.tolist() for name, entry in derivative.entries.items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_reverse_pulls_the_cotangent_back(make_task: MakeTask, dtype: str, transform: str) -> None:
    """For y = Wx: the gradients are Wᵀc and c xᵀ, of the arguments' shapes and the dtype under test."""
    matrix = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    task = make_task(bilinear, transform=transform, dtype=dtype, x=[1.0, 2.0], w=matrix, cotangent=[1, 0.5, 0])
    derivative = BACKEND.differentiate(task)
    assert derivative.value is not None
    assert derivative.value.tolist() == [5.0, 11.0, 17.0]
    assert entries_of(derivative) == {"x": [2.5, 4.0], "w": [[1.0, 2.0], [0.5, 1.0], [0.0, 0.0]]}
    assert {entry.dtype.name for entry in derivative.entries.values() if entry is not None} == {dtype}
    assert derivative.value.dtype.name == dtype
    assert derivative.bound is None


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_without_a_cotangent_it_is_all_ones(make_task: MakeTask, transform: str) -> None:
    """The gradient of the sum of the outputs."""
    task = make_task(bilinear, transform=transform, x=[1.0, 2.0], w=[[1.0, 2.0], [3.0, 4.0]])
    assert entries_of(BACKEND.differentiate(task)) == {"x": [4.0, 6.0], "w": [[1.0, 2.0], [1.0, 2.0]]}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_forward_pushes_the_tangents_forward(make_task: MakeTask, dtype: str, transform: str) -> None:
    """For y = Wx the tangent is Wẋ + Ẇx, and an argument without a tangent moves along ones."""
    task = make_task(
        bilinear, mode="F", transform=transform, dtype=dtype, x=[1.0, 2.0], w=[[1.0, 2.0]], tangents={"x": [1.0, 0.0]}
    )
    derivative = BACKEND.differentiate(task)
    assert entries_of(derivative) == {"output": [4.0]}
    assert derivative.entries["output"] is not None
    assert derivative.entries["output"].dtype.name == dtype


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mode", ["R", "F"])
def test_a_scalar_is_differentiated_as_a_scalar(make_task: MakeTask, mode: str, transform: str) -> None:
    """An argument of shape () has a derivative of shape ()."""
    (entry,) = BACKEND.differentiate(make_task(squared, mode=mode, transform=transform, x=3.0)).entries.values()
    assert entry is not None
    assert entry.shape == ()
    assert entry == 6.0


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_only_what_wrt_names_is_differentiated(make_task: MakeTask, transform: str) -> None:
    """The other arguments are constants: no entry, no tangent."""
    task = make_task(bilinear, transform=transform, wrt=("w",), x=[1.0, 2.0], w=[[1.0, 2.0]])
    assert entries_of(BACKEND.differentiate(task)) == {"w": [[1.0, 2.0]]}
    assert entries_of(BACKEND.differentiate(replace(task, mode="F"))) == {"output": [3.0]}


def test_the_entries_stand_in_the_order_of_wrt(make_task: MakeTask) -> None:
    """jax sorts names; the answer keeps the case's order."""
    assert list(BACKEND.differentiate(make_task(bilinear, x=[1.0], w=[[2.0]])).entries) == ["x", "w"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mode", ["R", "F"])
def test_integers_are_constants(make_task: MakeTask, mode: str, transform: str, dtype: str) -> None:
    """An integer argument can index, compiled or not, and gets no gradient."""

    def picked(x: Any, index: Any) -> Any:
        return x[index] ** 2

    task = make_task(picked, mode=mode, transform=transform, dtype=dtype, x=[1.0, 2.0, 3.0], index=[2, 0])
    assert entries_of(BACKEND.differentiate(task)) == (
        {"x": [2.0, 0.0, 6.0]} if mode == "R" else {"output": [6.0, 2.0]}
    )


@pytest.mark.parametrize("mode", ["R", "F"])
def test_control_flow_may_depend_on_the_data_where_nothing_is_compiled(make_task: MakeTask, mode: str) -> None:
    """The doubling loop of T3: [0.1, 1, 0] is doubled ten times."""
    (entry,) = BACKEND.differentiate(make_task(doubled_until_large, mode=mode, x=[0.1, 1.0, 0.0])).entries.values()
    assert entry is not None
    assert entry.tolist() == [1024.0, 1024.0, 1024.0]


def shape_of_the_data(x: Any) -> Any:
    """As many entries as are positive."""
    return x[x > 0]


def counted_by_the_data(x: Any) -> Any:
    """As many terms as a number says."""
    return sum((x for _ in range(x[0].astype(int))), start=0 * x)


@pytest.mark.parametrize("mode", ["R", "F"])
@pytest.mark.parametrize("function", [doubled_until_large, shape_of_the_data, counted_by_the_data])
def test_control_flow_that_depends_on_the_data_cannot_be_compiled(
    make_task: MakeTask, function: Any, mode: str
) -> None:
    """Tracing is refused in one sentence instead of jax's page."""
    with pytest.raises(Unsupported, match=r"^data-dependent control flow cannot be traced by jit$"):
        BACKEND.differentiate(make_task(function, mode=mode, transform="jit", x=[2.0, 1.0]))
    assert BACKEND.differentiate(make_task(function, mode=mode, x=[2.0, 1.0])).value is not None


@pytest.mark.parametrize("leave", [lambda x: float(x[0]) * x, lambda x: np.asarray(x) * x])
def test_a_function_that_leaves_jax_cannot_be_traced(make_task: MakeTask, leave: Any) -> None:
    """float() or NumPy on a traced array is refused by jax, compiled or not."""
    with pytest.raises(Unsupported, match="turns a traced array into a Python number or a NumPy array"):
        BACKEND.differentiate(make_task(leave, x=[2.0, 1.0]))


def test_a_gradient_that_is_cut_off_is_zero(make_task: MakeTask) -> None:
    """jax knows no missing gradient: what is cut off or unused has zeros."""

    def cut(x: Any, y: Any, z: Any) -> Any:
        return stop_gradient(x) * y

    assert entries_of(BACKEND.differentiate(make_task(cut, x=2.0, y=3.0, z=4.0))) == {"x": 0.0, "y": 2.0, "z": 0.0}


def test_the_spelling_is_run_where_it_is_asked_for(make_task: MakeTask) -> None:
    """The spelling is judged in place of the case's function."""
    task = make_task(squared, transform="spelling", x=3.0)
    task.case.spelling("jax")(lambda x: jnp.power(x, 3))
    assert BACKEND.transforms(task.case) == ("", "jit", "spelling")
    assert entries_of(BACKEND.differentiate(task)) == {"x": 27.0}


def integer_output(x: Any) -> Any:
    """Returns an integer array."""
    return jnp.argmax(x)


def two_outputs(x: Any) -> Any:
    """Returns two arrays."""
    return x, x


def a_number(x: Any) -> Any:
    """Returns a Python float."""
    return 3.0


def an_array(x: Any) -> Any:
    """Returns a NumPy array."""
    return np.ones(3)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mode", ["R", "F"])
@pytest.mark.parametrize(
    ("function", "message"),
    [
        (integer_output, "returns int64"),
        (two_outputs, "returns 2 outputs"),
        (a_number, "returns a float"),
        (an_array, "returns a ndarray"),
    ],
)
def test_what_is_not_one_array_is_refused(
    make_task: MakeTask, mode: str, transform: str, function: Any, message: str
) -> None:
    """Neither mode judges integers, several outputs or numbers, compiled or not."""
    with pytest.raises(BadOutput, match=message):
        BACKEND.differentiate(make_task(function, mode=mode, transform=transform, x=[1.0, 2.0]))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_cotangent_that_does_not_fit_is_refused(make_task: MakeTask, transform: str) -> None:
    """The output's shape and the cotangent's are both named."""
    with pytest.raises(BadOutput, match=r"shape \(2,\), the cotangent \(3,\)"):
        BACKEND.differentiate(make_task(squared, transform=transform, x=[1.0, 2.0], cotangent=[1.0, 1.0, 1.0]))


@jax.custom_vjp
def doubled(x: Any) -> Any:
    """A rule for reverse mode and none for forward mode."""
    return 2 * x


doubled.defvjp(lambda x: (2 * x, None), lambda _, cotangent: (2 * cotangent,))


def custom(x: Any) -> Any:
    """y = 2x"""
    return doubled(x)


def looped(x: Any) -> Any:
    """A loop of jax's own, which has no reverse mode."""
    return jax.lax.while_loop(lambda y: jnp.sum(y) < 100, lambda y: 2 * y, x)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize(
    ("function", "mode", "reason"),
    [
        (custom, "F", "can't apply forward-mode autodiff"),
        (looped, "R", "Reverse-mode differentiation does not work"),
    ],
)
def test_a_refusal_of_the_framework_is_unsupported(
    make_task: MakeTask, function: Any, mode: str, transform: str, reason: str
) -> None:
    """What jax declines to do is not an error of the function; the other mode works."""
    task = make_task(function, mode=mode, transform=transform, x=[1.0, 2.0])
    with pytest.raises(Unsupported, match=reason) as caught:
        BACKEND.differentiate(task)
    assert "\n" not in str(caught.value)
    assert BACKEND.differentiate(replace(task, mode="RF"[mode == "R"])).value is not None


@pytest.mark.parametrize("error", [ValueError, TypeError, NotImplementedError, RuntimeError])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_an_error_of_the_function_is_its_own(make_task: MakeTask, transform: str, error: type[Exception]) -> None:
    """A function that raises is not a framework that declines."""

    def fails(x: Any) -> Any:
        raise error("out of cheese")

    with pytest.raises(error, match="out of cheese"):
        BACKEND.differentiate(make_task(fails, transform=transform, x=1.0))


def test_a_compiled_function_is_compiled_once(make_task: MakeTask) -> None:
    """A search that returns to a function, a mode, a shape and a dtype does not trace it again."""
    traced = []

    def counted(x: Any) -> Any:
        traced.append((x.shape, x.dtype.name))
        return x * x

    for dtype in ("float64", "float32"):
        for numbers in ([1.0], [2.0], [1.0, 2.0], [3.0, 4.0]):
            derivative = BACKEND.differentiate(make_task(counted, transform="jit", dtype=dtype, x=numbers))
            assert entries_of(derivative) == {"x": [2 * number for number in numbers]}
    assert sorted(set(traced)) == sorted(traced)
    assert len(traced) == 4


def switches() -> tuple[object, ...]:
    """What a caller could miss."""
    config: Any = jax.config
    return config.jax_enable_x64, config.jax_default_matmul_precision, jnp.ones(1).dtype


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_callers_switches_are_as_before(make_task: MakeTask, transform: str, dtype: str, wide: bool) -> None:
    """Whatever the caller has switched, the dtype under test is computed in, and the switches are as they were."""
    with jax.enable_x64(wide), jax.default_matmul_precision("bfloat16"):
        before = switches()
        derivative = BACKEND.differentiate(make_task(squared, transform=transform, dtype=dtype, x=0.1))
        assert switches() == before
    assert derivative.value is not None
    assert derivative.value == np.square(np.asarray(0.1, dtype))
    assert derivative.settings["x64"] == ("on" if dtype == "float64" else "off")
    assert derivative.settings["matmul_precision"] == "highest"


def test_the_callers_switches_are_as_before_an_exception(make_task: MakeTask) -> None:
    """A function that raises half way leaves x64 off where it was off."""

    def fails(x: Any) -> Any:
        raise ValueError("half way")

    before = switches()
    with pytest.raises(ValueError, match="half way"):
        BACKEND.differentiate(make_task(fails, x=1.0))
    assert switches() == before


def test_float32_is_not_widened_by_a_constant(make_task: MakeTask) -> None:
    """With x64 off a float64 constant and a new array are float32, as somebody who computes in float32 sees them."""

    def with_constants(x: Any) -> Any:
        return x * np.array([0.1, 0.2]) + jnp.arange(2.0)

    derivative = BACKEND.differentiate(make_task(with_constants, dtype="float32", x=[1.0, 1.0]))
    assert entries_of(derivative) == {"x": np.array([0.1, 0.2], np.float32).tolist()}


@pytest.mark.parametrize("dtype", DTYPES)
def test_flushing_of_subnormals_is_recorded(make_task: MakeTask, dtype: str) -> None:
    """What the record says is what a derivative shows: half the smallest normal number is kept or is 0."""
    smallest = limits(dtype).smallest_normal

    def halved(x: Any) -> Any:
        return x * jnp.asarray(0.5, dtype)

    derivative = BACKEND.differentiate(make_task(halved, dtype=dtype, x=smallest))
    assert derivative.settings["subnormals"] == ("flushed" if derivative.value == 0 else "kept")


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mode", ["R", "F"])
def test_low_precision_crosses_over_bit_by_bit(make_task: MakeTask, mode: str, transform: str, dtype: str) -> None:
    """Every normal number of the dtype comes back as itself: value and derivative of x."""
    normal = normal_numbers(dtype)
    derivative = BACKEND.differentiate(make_task(times_one, mode=mode, transform=transform, dtype=dtype, x=normal))
    [entry] = derivative.entries.values()
    assert derivative.value is not None
    assert entry is not None
    assert derivative.value.dtype == entry.dtype == dtype
    assert np.array_equal(derivative.value, normal)
    assert (entry == 1).all()


def times_one(x: Any) -> Any:
    """The identity, computed."""
    return x * 1.0


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("function", [jnp.linalg.inv, jnp.linalg.cholesky, jax.scipy.special.ndtr])
def test_a_dtype_that_jax_does_not_implement_is_declined(make_task: MakeTask, function: Any, dtype: str) -> None:
    """Little linear algebra, and no normal distribution: jax's own words say so."""

    def applied(x: Any) -> Any:
        return function(x)

    with pytest.raises(Unsupported, match=r"^(Unsupported dtype |x\.dtype=)\S*16"):
        BACKEND.differentiate(make_task(applied, dtype=dtype, x=np.eye(2)))


def test_the_version_is_known_without_importing_jax() -> None:
    """`diffcheck list backends` costs no import of a framework."""
    program = (
        "import sys; from diffcheck.backends import BACKENDS as b; b['jax'].version(); print('jax' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


@pytest.mark.parametrize(("chosen", "used"), [(None, "cpu"), ("cpu,cuda", "cpu,cuda")])
def test_jax_runs_on_the_cpu_unless_told_otherwise(
    make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, chosen: str | None, used: str
) -> None:
    """The platform is chosen before jax looks for accelerators; a choice of the caller's stands."""
    if chosen is None:
        monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    else:
        monkeypatch.setenv("JAX_PLATFORMS", chosen)
    BACKEND.differentiate(make_task(squared, x=3.0))
    assert os.environ["JAX_PLATFORMS"] == used


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_number_beyond_the_range_is_silently_infinite(make_task: MakeTask, transform: str) -> None:
    """A mask of −10⁹ is −∞ in float16: nothing to warn about."""

    def masked(x: Any) -> Any:
        return x - 1e9

    derivative = BACKEND.differentiate(make_task(masked, transform=transform, dtype="float16", x=1.0))
    assert derivative.value == -np.inf
    assert entries_of(derivative) == {"x": 1.0}
