"""A sample call of every public callable of jax that has a derivative, and why the others are left out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

Array = Any
Call = Callable[..., Any]

MODULES = ("jax.numpy", "jax.nn", "jax.scipy.special", "jax.numpy.linalg")

EXCLUDED: Mapping[str, str] = {
    "creates an array from no real number": """
        arange bartlett bernoulli blackman diag_indices diag_indices_from empty empty_like eye fromfunction hamming
        hanning identity indices ix_ mask_indices one_hot ones ones_like tri tril_indices tril_indices_from
        triu_indices triu_indices_from zeros zeros_like
    """,
    "answers with whole numbers": """
        argmax argmin argpartition argsort argwhere bitwise_and bitwise_count bitwise_invert bitwise_left_shift
        bitwise_not bitwise_or bitwise_right_shift bitwise_xor count_nonzero digitize flatnonzero gcd invert lcm
        left_shift lexsort matrix_rank nanargmax nanargmin nonzero packbits ravel_multi_index right_shift searchsorted
        unpackbits unravel_index
    """,
    "answers with truth values": """
        all allclose any array_equal array_equiv equal greater greater_equal isclose iscomplex isfinite isin isinf
        isnan isneginf isposinf isreal less less_equal logical_and logical_not logical_or logical_xor not_equal signbit
    """,
    "answers with a type, a shape or a setting": """
        broadcast_shapes can_cast einsum_path get_printoptions get_scaled_dot_general_config iscomplexobj isdtype
        isrealobj isscalar issubdtype iterable ndim printoptions promote_types result_type set_printoptions shape size
    """,
    "reads or writes": """
        array_repr array_str from_dlpack frombuffer fromfile fromiter fromstring load save savez
    """,
}


@dataclass(frozen=True, eq=False)
class Sample:
    """One call.

    Attributes:
        call: the callable and real arrays in, arrays out.
        arrays: what is differentiated.
    """

    call: Call
    arrays: Sequence[np.ndarray]


@dataclass(frozen=True, eq=False)
class Entry:
    """A public callable of jax.

    Attributes:
        name: with its module.
        function: the callable.
        sample: a call of it; `None` if nobody wrote one.
    """

    name: str
    function: Call
    sample: Sample | None


def callables() -> Iterator[tuple[str, Call]]:
    """All public callables, types excepted, by their names."""
    for place in MODULES:
        module = import_module(place)
        for name in sorted(vars(module).keys() | set(dir(module))):
            found = getattr(module, name)
            if not name.startswith("_") and callable(found) and not inspect.isclass(found):
                yield f"{place.removeprefix('jax.')}.{name}", found


def entries() -> Iterator[Entry]:
    """The callables that are not excluded."""
    excluded = {name for names in EXCLUDED.values() for name in names.split()}
    samples = _samples()
    for name, function in callables():
        last = name.rpartition(".")[2]
        if last not in excluded:
            yield Entry(name, function, samples.get(name, samples.get(last)))


# ---- numbers -----------------------------------------------------------------------------------


def between(low: float, high: float, *shape: int, seed: int = 0) -> np.ndarray:
    """Numbers in an interval, none twice."""
    return np.random.default_rng(seed).uniform(low, high, shape)


UNIT = between(0.1, 0.9, 2, 3)
OTHER = between(0.1, 0.9, 2, 3, seed=1)
SIGNED = between(-2.0, 2.0, 2, 3, seed=2)
VECTOR = between(-2.0, 2.0, 4, seed=3)
OTHER_VECTOR = between(-2.0, 2.0, 4, seed=4)
SQUARE = between(-1.0, 1.0, 3, 3, seed=5)
OTHER_SQUARE = between(-1.0, 1.0, 3, 3, seed=6)
SYSTEM = between(-1.0, 1.0, 4, 4, seed=13)
TALL = between(-1.0, 1.0, 3, 2, seed=7)
WIDE = between(-1.0, 1.0, 2, 3, seed=7)
CUBE = between(-1.0, 1.0, 2, 2, 3, seed=8)
DISTANT = between(2.0, 5.0, 2, 3, seed=9)
SCALAR = np.asarray(0.6)
OTHER_SCALAR = np.asarray(1.7)

# ---- calls -------------------------------------------------------------------------------------


def _symmetric(x: Array) -> Array:
    return x + x.T


def _positive_definite(x: Array) -> Array:
    import jax.numpy as jnp

    return x @ x.T + jnp.eye(len(x))


def _plain(function: Call, *arrays: Array) -> Any:
    return function(*arrays)


def _listed(function: Call, *arrays: Array) -> Any:
    return function(list(arrays))


# names → how they are called, and with what
_FAMILIES: tuple[tuple[str, Call, Sequence[np.ndarray]], ...] = (
    (
        """
        acos angle arccos arcsin arctanh asin atanh entr erfinv log_ndtr logit ndtri poly numpy.log numpy.log10
        numpy.log1p numpy.log2 numpy.sqrt log1mexp
        """,
        _plain,
        (UNIT[0],),
    ),
    ("acosh arccosh", _plain, (DISTANT,)),
    (
        """
        abs absolute arcsinh arctan around array asarray asinh atan atleast_1d atleast_2d cbrt ceil conj conjugate
        copy cos cosh deg2rad degrees exp exp2 expm1 fabs floor frexp i0 imag modf nan_to_num negative positive
        rad2deg radians real reciprocal rint round sign sin sinc sinh sort_complex spacing square tan tanh trunc unwrap
        dawsn erf erfc erfcx exp1 expi expit fresnel gammasgn i0e i1 i1e ndtr sici
        celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid mish relu relu6
        selu sigmoid silu soft_sign softplus sparse_plus sparse_sigmoid squareplus swish nn.tanh
        """,
        _plain,
        (SIGNED,),
    ),
    ("gamma gammaln loggamma factorial digamma spence exp1 expi sici", _plain, (DISTANT,)),
    (
        """
        add arctan2 atan2 divide divmod dot hypot numpy.subtract copysign float_power floor_divide fmax fmin fmod
        heaviside logaddexp logaddexp2 maximum minimum mod multiply nextafter numpy.pow power remainder subtract
        true_divide inner vdot vecdot kron broadcast_arrays meshgrid
        beta betaln boxcox boxcox1p gammainc gammaincc kl_div poch rel_entr xlog1py xlogy owens_t comb
        """,
        _plain,
        (UNIT, OTHER),
    ),
    ("meshgrid convolve correlate outer cross ediff1d polyadd polymul polysub", _plain, (VECTOR[:3], OTHER_VECTOR[:3])),
    ("numpy.dot matmul", _plain, (WIDE, TALL)),
    (
        """
        amax amin average cumprod cumsum cumulative_prod cumulative_sum diff ediff1d max mean median min nancumprod
        nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar prod ptp std sum trapezoid var
        logsumexp logmeanexp softmax log_softmax standardize sort gradient corrcoef cov
        """,
        _plain,
        (VECTOR,),
    ),
    (
        """
        atleast_3d diag diagonal flip fliplr flipud matrix_transpose ravel rot90 squeeze trace transpose tril triu
        trim_zeros unstack matrix_norm vector_norm norm cond pinv svd svdvals qr corrcoef cov
        """,
        _plain,
        (TALL,),
    ),
    ("diagflat vander trim_zeros", _plain, (VECTOR,)),
    ("cumulative_prod cumulative_sum glu", _plain, (VECTOR,)),
    ("det inv slogdet eig eigvals", _plain, (SQUARE,)),
    ("solve", _plain, (SQUARE, OTHER_SQUARE)),
    ("cholesky", lambda f, x: f(_positive_definite(x)), (SQUARE,)),
    ("eigh eigvalsh", lambda f, x: f(_symmetric(x)), (SQUARE,)),
    ("array_split split hsplit", lambda f, x: f(x, 2), (VECTOR,)),
    ("vsplit", lambda f, x: f(x, 2), (UNIT,)),
    ("dsplit", lambda f, x: f(x, 3), (CUBE,)),
    ("block column_stack concat concatenate dstack hstack stack vstack", _listed, (UNIT, OTHER)),
    ("percentile nanpercentile", lambda f, x: f(x, 30.0), (VECTOR,)),
    ("quantile nanquantile", lambda f, x: f(x, 0.3), (VECTOR,)),
    ("unique_all unique_counts unique_inverse unique_values unique", lambda f, x: f(x, size=4), (VECTOR,)),
    ("intersect1d setdiff1d setxor1d union1d", lambda f, x, y: f(x, y, size=4), (VECTOR, OTHER_VECTOR)),
    ("hsplit", lambda f, x: f(x, 3), (UNIT,)),
    ("expand_dims roll", lambda f, x: f(x, 1), (UNIT,)),
    ("extract compress", lambda f, x: f(np.array([True, False, True, True]), x, size=3), (VECTOR,)),
    ("polygamma zeta expn", lambda f, x: f(2, x), (DISTANT,)),
    ("linspace logspace geomspace", lambda f, x, y: f(x, y, 5), (SCALAR, OTHER_SCALAR)),
)

_CALLS: dict[str, tuple[Call, Sequence[np.ndarray]]] = {
    "append": (_plain, (VECTOR, OTHER_VECTOR)),
    "apply_along_axis": (lambda f, x: f(lambda row: row * row.sum(), 1, x), (UNIT,)),
    "apply_over_axes": (lambda f, x: f(lambda array, axis: (array**2).sum(axis, keepdims=True), x, [0, 1]), (UNIT,)),
    "astype": (lambda f, x: f(x, float), (UNIT,)),
    "bincount": (lambda f, w: f(np.array([0, 2, 2, 1]), weights=w, length=3), (VECTOR,)),
    "broadcast_to": (lambda f, x: f(x, (2, 2, 3)), (UNIT,)),
    "choose": (lambda f, x, y: f(np.array([0, 1, 1, 0]), [x, y], mode="clip"), (VECTOR, OTHER_VECTOR)),
    "clip": (lambda f, x: f(x, -1.0, 1.0), (SIGNED,)),
    "delete": (lambda f, x: f(x, 1), (VECTOR,)),
    "einsum": (lambda f, x, y: f("ij,jk->ik", x, y), (WIDE, TALL)),
    "fill_diagonal": (lambda f, x, y: f(x, y, inplace=False), (SQUARE, VECTOR[:3])),
    "frompyfunc": (lambda f, x, y: f(lambda a, b: a * b, nin=2, nout=1)(x, y), (UNIT, OTHER)),
    "full": (lambda f, x: f((2, 3), x), (SCALAR,)),
    "full_like": (lambda f, x, y: f(x, y), (UNIT, SCALAR)),
    "histogram": (lambda f, x, w: f(x, bins=3, weights=w), (VECTOR, OTHER_VECTOR)),
    "histogram2d": (lambda f, x, y, w: f(x, y, bins=2, weights=w), (VECTOR, OTHER_VECTOR, UNIT.ravel()[:4])),
    "histogram_bin_edges": (lambda f, x: f(x, bins=3), (VECTOR,)),
    "histogramdd": (lambda f, x, w: f(x, bins=2, weights=w), (TALL, VECTOR[:3])),
    "insert": (lambda f, x, y: f(x, 1, y), (VECTOR, SCALAR)),
    "interp": (lambda f, x, y: f(x, np.array([-2.0, -0.5, 0.7, 2.0]), y), (OTHER_VECTOR, VECTOR)),
    "kaiser": (lambda f, x: f(5, x), (OTHER_SCALAR,)),
    "ldexp": (lambda f, x: f(x, np.array([1, -2, 3, 0])), (VECTOR,)),
    "matvec": (_plain, (WIDE, VECTOR[:3])),
    "moveaxis": (lambda f, x: f(x, 0, 2), (CUBE,)),
    "pad": (lambda f, x: f(x, 1, mode="reflect"), (UNIT,)),
    "partition": (lambda f, x: f(x, 2), (VECTOR,)),
    "piecewise": (lambda f, x: f(x, [x < 0, x >= 1], [lambda v: -v, lambda v: v * v, 0.5]), (SIGNED,)),
    "place": (lambda f, x, y: f(x, np.array([True, False, True, True]), y, inplace=False), (VECTOR, OTHER_VECTOR)),
    "polyder": (_plain, (VECTOR,)),
    "polydiv": (_plain, (VECTOR, OTHER_VECTOR[:2])),
    "polyfit": (lambda f, x, y: f(x, y, 2), (VECTOR, OTHER_VECTOR)),
    "polyint": (_plain, (VECTOR,)),
    "polyval": (_plain, (VECTOR, UNIT)),
    "put": (lambda f, x, y: f(x, np.array([0, 2]), y, inplace=False), (VECTOR, OTHER_VECTOR[:2])),
    "put_along_axis": (
        lambda f, x, y: f(x, np.array([[0], [2]]), y, axis=1, inplace=False),
        (UNIT, OTHER[:, :1]),
    ),
    "repeat": (lambda f, x: f(x, 2, axis=1), (UNIT,)),
    "reshape": (lambda f, x: f(x, (3, 2)), (UNIT,)),
    "resize": (lambda f, x: f(x, (2, 4)), (UNIT,)),
    "rollaxis": (lambda f, x: f(x, 2), (CUBE,)),
    "permute_dims": (lambda f, x: f(x, (1, 0)), (UNIT,)),
    "roots": (lambda f, x: f(x, strip_zeros=False), (VECTOR,)),
    "select": (lambda f, x, y: f([x < 0, x > 1], [x, y], 0.5), (SIGNED, OTHER)),
    "swapaxes": (lambda f, x: f(x, 0, 1), (UNIT,)),
    "take": (lambda f, x: f(x, np.array([0, 2, 2]), axis=1), (UNIT,)),
    "take_along_axis": (lambda f, x: f(x, np.array([[2, 0], [1, 1]]), axis=1), (UNIT,)),
    "tensordot": (lambda f, x, y: f(x, y, axes=1), (WIDE, TALL)),
    "tile": (lambda f, x: f(x, (2, 2)), (UNIT,)),
    "trim_zeros": (_plain, (VECTOR,)),
    "vecmat": (_plain, (VECTOR[:3], TALL)),
    "vectorize": (lambda f, x, y: f(lambda a, b: a * b)(x, y), (UNIT, OTHER)),
    "where": (lambda f, x, y: f(x > 0, x, y), (SIGNED, OTHER)),
    "dot_product_attention": (_plain, tuple(between(-1.0, 1.0, 1, 2, 1, 3, seed=k) for k in (10, 11, 12))),
    "scaled_dot_general": (lambda f, x, y: f(x, y, (((1,), (0,)), ((), ()))), (WIDE, TALL)),
    "scaled_matmul": (
        lambda f, x, y: f(x, y, np.ones((1, 2, 1)), np.ones((1, 2, 1))),
        (between(-1.0, 1.0, 1, 2, 32), between(-1.0, 1.0, 1, 2, 32, seed=1)),
    ),
    "bessel_jn": (lambda f, x: f(x, v=3), (VECTOR,)),
    "betainc": (_plain, (UNIT[0], OTHER[0], UNIT[1])),
    "hyp1f1": (_plain, (UNIT[0], OTHER[0], UNIT[1])),
    "hyp2f1": (_plain, (UNIT[0], OTHER[0], DISTANT[0], UNIT[1] / 2)),
    "multigammaln": (lambda f, x: f(x, 2), (DISTANT,)),
    "sph_harm_y": (lambda f, x, y: f(np.array([1, 2]), np.array([0, 1]), x, y, n_max=2), (UNIT[0, :2], OTHER[0, :2])),
    "wofz": (_plain, (UNIT,)),
    "lstsq": (lambda f, x, y: f(x, y), (TALL, VECTOR[:3])),
    "matrix_power": (lambda f, x: f(x, 3), (SQUARE,)),
    "multi_dot": (_listed, (WIDE, TALL, SQUARE[:2, :2])),
    "tensorinv": (lambda f, x: f(x.reshape(2, 2, 4), ind=2), (SYSTEM,)),
    "tensorsolve": (
        lambda f, x, y: f(x.reshape(2, 2, 4), y),
        (between(-1.0, 1.0, 4, 4, seed=13), OTHER_SQUARE[:2, :2]),
    ),
}


def _samples() -> dict[str, Sample]:
    """Name, with its module where another has the same → a call."""
    found = {name: Sample(call, arrays) for names, call, arrays in _FAMILIES for name in names.split()}
    return found | {name: Sample(call, arrays) for name, (call, arrays) in _CALLS.items()}
