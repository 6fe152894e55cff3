"""What a script does in NumPy: formulas written by hand, and difference quotients."""

from __future__ import annotations

from diffcheck.backends.difference_rules import COMPLEX_STEP, RULES
from diffcheck.script import literal
from diffcheck.script.preamble import Preamble
from diffcheck.script.program import COTANGENT, FOUND, OUTPUT, Asked, Program, label
from diffcheck.script.refusal import Unwritable
from diffcheck.script.transformed import cotangent


def handwritten_program(asked: Asked, preamble: Preamble) -> Program:
    """What a formula answers."""
    import inspect

    formula = asked.case.handwritten_formulas[asked.cell.transform]
    name = preamble.written(formula, f"gradient_of_{asked.case.name}")
    lines = [*_arrays(asked, preamble), f"{OUTPUT} = {asked.call}"]
    if asked.is_value:
        return Program(tuple(lines), asked.number("float({})", OUTPUT + asked.brackets), label(asked))
    taken = list(inspect.signature(formula).parameters)
    if COTANGENT in taken:
        lines.append(f"{COTANGENT} = {cotangent(asked, preamble, 'np')}")
    given = ", ".join(f"{own}={asked.names.get(own, own)}" for own in taken)
    lines.append(f"{FOUND} = np.asarray({name}({given})[{asked.argument!r}], {_dtype(asked)})")
    return Program(tuple(lines), f"float({FOUND}{asked.brackets})", label(asked))


def difference_program(asked: Asked, preamble: Preamble) -> Program:
    """A difference quotient: values as the dtype gives them, and the exact sum of them, rounded once."""
    lines = [*_arrays(asked, preamble), f"{OUTPUT} = {asked.call}"]
    if asked.is_value:
        return Program(tuple(lines), asked.number("float({})", OUTPUT + asked.brackets), label(asked))
    step = _step(asked)
    rule = RULES[asked.cell.transform]
    name, place = asked.names[asked.argument], f"[{asked.index}]"
    terms = ", ".join(f"({float(c)}, {w!r})" for c, w in zip(rule.offsets, rule.weights, strict=True))
    preamble.imports.add("from fractions import Fraction")
    lines += [
        f"{COTANGENT} = {cotangent(asked, preamble, 'np')}",
        f"def along(offset, step={literal.number(step)}, {name}={name}):",
        f"    center, {name} = float({name}{place}), {name}.copy()",
        f"    {name}{place} = center + offset * step",
        f"    values = zip(np.ravel({COTANGENT}).tolist(), np.ravel({asked.call}).tolist())",
        "    return sum(Fraction(c) * Fraction(value) for c, value in values) / Fraction(step)",
        f"{FOUND} = sum(weight * along(offset) for offset, weight in ({terms}))",
    ]
    return Program(tuple(lines), f"float({_dtype(asked)}(float({FOUND})))", label(asked))


def _step(asked: Asked) -> float:
    """The step that the quotient took.

    Raises:
        Unwritable: the quotient needs more than NumPy.
    """
    from diffcheck.backends.neighbourhood import Line, neighbourhood
    from diffcheck.backends.real_quotient import BITS, choose_step
    from diffcheck.reference.precision import precision

    if asked.cell.transform == COMPLEX_STEP:
        raise Unwritable("the complex step computes with functions of diffcheck's own")
    around = neighbourhood(asked.case.function, asked.point)
    if around.held:
        raise Unwritable("what stop_gradient holds is held by diffcheck")
    with precision(BITS):
        return choose_step(RULES[asked.cell.transform], Line(around, asked.argument, asked.index)).size


def _arrays(asked: Asked, preamble: Preamble) -> list[str]:
    return [f"{asked.names[name]} = {preamble.array(array)}" for name, array in asked.point.arguments.items()]


def _dtype(asked: Asked) -> str:
    return f"np.{asked.point.dtype.name}"
