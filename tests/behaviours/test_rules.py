"""Rules: each bears a statement out by some evidence, and not by other."""

import pytest

from diffcheck import array_namespace
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, differ, equal, equals, is_among, is_derivative, is_value, raises, same


def _absolute(x):
    return array_namespace(x).abs(x)


def _root(x):
    return array_namespace(x).sqrt(x)


def _square(x):
    return x * x


RAISED = Evidence(raised="RuntimeError", message="grad can be implicitly created only for scalar outputs")

BORNE_OUT = {
    "a number": (equals(a=1.0), seen(a=1.0)),
    "NaN is NaN": (equals(a=[float("nan")]), seen(a=[float("nan")])),
    "a whole number is a float": (equals(a=1), seen(a=1.0)),
    "two values": (same("a", "b"), seen(a=[1.0], b=[1.0])),
    "unequal": (differ("a", "b"), seen(a=[1.0], b=[1.0, 1.0])),
    "an exception": (raises("RuntimeError", "only for scalar"), RAISED),
    "a derivative": (is_derivative("a", _square, x=[3.0]), seen(a=[6.0])),
    "one of several": (is_derivative("a", _absolute, x=[0.0]), seen(a=[0.5])),
    "a value": (is_value("a", _square, x=[3.0, 0.1]), seen(a=[9.0, 0.010000000000000002])),
    "a value in float32": (is_value("a", _square, "float32", x=[0.1]), seen(a=[0.010000000707805157])),
    "one of some": (is_among("a", range(3, 5)), seen(a=4)),
    "both": (both(equals(a=1), equals(b=2)), seen(a=1, b=2)),
}

NOT_BORNE_OUT = {
    "another number": (equals(a=1.0), seen(a=1.0 + 2**-52), "a 1.0000000000000002"),
    "nothing": (equals(a=1.0), seen(b=1.0), "a None"),
    "a truth value is no number": (equals(a=1), seen(a=True), "a True"),
    "NaN is no number": (equals(a=1.0), seen(a=float("nan")), "a nan"),
    "another length": (equals(a=[1.0]), seen(a=[1.0, 1.0]), "a [1.0, 1.0]"),
    "one of two": (same("a", "b"), seen(a=1, b=2), "a 1, b 2"),
    "equal": (differ("a", "b"), seen(a=1, b=1), "a and b are both 1"),
    "no exception": (raises("RuntimeError"), seen(a=1), "raises nothing: a 1"),
    "another exception": (raises("TypeError"), RAISED, f"RuntimeError: {RAISED.message}"),
    "other words": (raises("RuntimeError", "leaf"), RAISED, f"RuntimeError: {RAISED.message}"),
    "the last digit but two": (
        is_derivative("a", _square, x=[3.0]),
        seen(a=[6.0 + 2**-47]),
        "WRONG: 6.000000000000007 where the derivative is 6",
    ),
    "an entry without a derivative": (is_derivative("a", _root, x=[-1.0, 4.0]), seen(a=[7.0, 0.25]), "UNDEFINED"),
    "beyond the kink": (
        is_derivative("a", _absolute, x=[0.0]),
        seen(a=[1.5]),
        "WRONG: 1.5 where the derivative is between -1.0 and 1.0",
    ),
    "more than rounding": (
        is_value("a", _square, x=[3.0]),
        seen(a=[9.0 + 2**-47]),
        "a[0] is 9, 7.1e-15 off its formula",
    ),
    "another shape": (is_value("a", _square, x=[3.0]), seen(a=9.0), "a has shape (), its formula (1,)"),
    "none of some": (is_among("a", range(3, 5)), seen(a=5), "a 5, not 3 to 4"),
    "one rule of two": (both(equals(a=1), equals(b=2)), seen(a=1, b=3), "b 3"),
}


@pytest.mark.parametrize("name", BORNE_OUT)
def test_a_statement_is_borne_out(name):
    rule, evidence = BORNE_OUT[name]
    assert rule.decide(evidence).holds


@pytest.mark.parametrize("name", NOT_BORNE_OUT)
def test_what_is_seen_instead_is_said(name):
    rule, evidence, said = NOT_BORNE_OUT[name]
    ruling = rule.decide(evidence)
    assert not ruling.holds
    assert ruling.said.startswith(said)


def test_what_was_picked_at_a_kink_is_said_where_the_statement_holds():
    assert is_derivative("a", _absolute, x=[0.0]).decide(seen(a=[0.0])).said == "picks 0 of [-1, 1]"


def test_text_is_equal_to_the_same_text_only():
    assert equal("a", "a")
    assert not equal("a", ["a"])
