"""Smooth functions of single numbers."""

from diffcheck import Claim, array_namespace, case, real


@case(
    x=real(),
    examples=[{"x": 1.0}],
    source="T1",
    claims=[Claim("the derivative at x = 1 is 6", at={"x": 1.0}, value=1.0, gradient={"x": 6.0})],
)
def quadratic(x):
    """y = 5x² − 4x

    Source: T1, which prints forward quotients at x = 1 for h = 0.1, 0.01, …
    """
    return 5 * x**2 - 4 * x


@quadratic.handwritten("power rule")
def _(x):
    return {"x": 10 * x - 4}


@case(
    w=real(),
    x=real(),
    b=real(),
    examples=[{"w": 2.0, "x": 1.0, "b": 3.0}],
    source="T3",
    claims=[
        Claim(
            "the gradients of w·x + b at x = 1, w = 2, b = 3 are 1, 2 and 1",
            at={"w": 2.0, "x": 1.0, "b": 3.0},
            value=5.0,
            gradient={"w": 1.0, "x": 2.0, "b": 1.0},
        ),
    ],
)
def line(w, x, b):
    """y = w·x + b

    Source: T3.
    """
    return w * x + b


@case(x=real(low=-2.0, high=2.0), examples=[{"x": 0.5}, {"x": -1.25}], source="standard")
def horner(x):
    """y = 63x⁵/8 − 70x³/8 + 15x/8, the Legendre polynomial P₅ by Horner's rule

    Source: standard; Abramowitz and Stegun, Handbook of Mathematical Functions, table 22.9.
    """
    value = 0 * x
    for coefficient in (63, 0, -70, 0, 15, 0):
        value = value * x + coefficient
    return value / 8


@horner.handwritten("differentiated coefficients")
def _(x):
    return {"x": (315 * x**4 - 210 * x**2 + 15) / 8}


@case(x=real(), examples=[{"x": 2.0}, {"x": 1.0}], source="standard")
def rational(x):
    """y = x / (1 + x²)

    Source: standard.
    """
    return x / (1 + x * x)


@rational.handwritten("quotient rule")
def _(x):
    return {"x": (1 - x * x) / (1 + x * x) ** 2}


@case(x=real(low=0.125, high=8.0), examples=[{"x": 2.0}, {"x": 0.5}], source="standard")
def self_power(x):
    """y = xˣ

    Source: standard; the derivative xˣ(1 + ln x) is Johann Bernoulli's.
    """
    return x**x


@self_power.handwritten("logarithmic derivative")
def _(x):
    xp = array_namespace(x)
    return {"x": x**x * (1 + xp.log(x))}


@case(x=real(low=-5.0, high=5.0), examples=[{"x": 1.5}], source="standard")
def gaussian(x):
    """y = exp(−x²/2)

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.exp(-x * x / 2)


@gaussian.handwritten("chain rule")
def _(x):
    xp = array_namespace(x)
    return {"x": -x * xp.exp(-x * x / 2)}


@case(x=real(), examples=[{"x": 0.75}, {"x": -3.0}], source="standard")
def pythagorean_identity(x):
    """y = sin²x + cos²x, whose derivative is zero everywhere

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sin(x) ** 2 + xp.cos(x) ** 2


@case(x=real(), examples=[{"x": 0.75}], source="standard")
def double_angle(x):
    """y = 2 sin x cos x − sin 2x, whose derivative is zero everywhere

    Source: standard.
    """
    xp = array_namespace(x)
    return 2 * xp.sin(x) * xp.cos(x) - xp.sin(2 * x)


@case(x=real(low=0.0625, high=20.0), examples=[{"x": 1.0}, {"x": 3.0}], source="standard")
def sinc(x):
    """y = sin(x) / x away from x = 0

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.sin(x) / x


@case(x=real(low=-3.0, high=3.0), examples=[{"x": 0.5}], source="standard")
def hyperbolic(x):
    """y = asinh(sinh x) + ln cosh x, whose derivative is 1 + tanh x

    Source: standard.
    """
    xp = array_namespace(x)
    return xp.asinh(xp.sinh(x)) + xp.log(xp.cosh(x))


@hyperbolic.handwritten("simplified")
def _(x):
    xp = array_namespace(x)
    return {"x": 1 + xp.tanh(x)}


@case(
    x=real(low=-3.0, high=3.0),
    y=real(low=-3.0, high=3.0),
    examples=[{"x": -1.0, "y": 2.0}, {"x": 1.0, "y": 1.0}],
    source="Rosenbrock 1960",
)
def rosenbrock(x, y):
    """z = (1 − x)² + 100(y − x²)²

    Source: Rosenbrock, The Computer Journal 3 (1960) 175–184.
    """
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


@rosenbrock.handwritten("partial derivatives")
def _(x, y):
    return {"x": -2 * (1 - x) - 400 * x * (y - x * x), "y": 200 * (y - x * x)}


@case(
    x=real(low=-5.0, high=5.0),
    y=real(low=-5.0, high=5.0),
    examples=[{"x": 1.0, "y": 1.0}, {"x": 3.0, "y": 2.0}],
    source="Himmelblau 1972",
)
def himmelblau(x, y):
    """z = (x² + y − 11)² + (x + y² − 7)²

    Source: Himmelblau, Applied Nonlinear Programming, McGraw-Hill 1972.
    """
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


@case(
    x=real(low=0.25, high=10.0),
    y=real(low=-10.0, high=10.0),
    examples=[{"x": 3.0, "y": -4.0}],
    source="standard",
)
def polar(x, y):
    """z = √(x² + y²) · atan2(y, x), radius times angle

    Source: standard.
    """
    xp = array_namespace(x, y)
    return xp.hypot(x, y) * xp.atan2(y, x)


@case(x=real(low=0.25, high=16.0), examples=[{"x": 2.0}, {"x": 9.0}], source="standard")
def newton_square_root(x):
    """y = √x by six Newton steps s ← (s + x/s)/2 from s = x

    Source: standard; Heron's rule, differentiated through the loop.
    """
    root = x
    for _ in range(6):
        root = (root + x / root) / 2
    return root


@case(
    x=real(low=0.0, high=1.0),
    r=real(low=1.0, high=4.0),
    examples=[{"x": 0.375, "r": 3.5}],
    source="May 1976",
)
def logistic_map(x, r):
    """y = the tenth iterate of x ← r·x·(1 − x)

    Source: May, Nature 261 (1976) 459–467; the derivative grows with each step where the map is chaotic.
    """
    for _ in range(10):
        x = r * x * (1 - x)
    return x


@case(
    dose=real(low=0.125, high=10.0),
    half=real(low=0.5, high=5.0),
    slope=real(low=0.5, high=4.0),
    examples=[{"dose": 2.0, "half": 1.5, "slope": 2.5}],
    source="Hill 1910",
)
def hill(dose, half, slope):
    """y = doseⁿ / (Kⁿ + doseⁿ), with K = half and n = slope

    Source: Hill, The Journal of Physiology 40 (1910) iv–vii.
    """
    return dose**slope / (half**slope + dose**slope)
