"""Transforms: what vmap, checkpointing, a functional call and a rule written by hand make of a derivative."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import both, equals, raises, same


def both_sides_torch() -> Evidence:
    import torch

    def root_or_negative(x):
        return torch.cond(x > 0, torch.sqrt, torch.neg, (x,))

    x = torch.tensor([1.0, 4.0], requires_grad=True)  # the first side for either row
    last = torch.func.vmap(root_or_negative)(x).grad_fn
    steps = [step.name() for step, _ in last.next_functions]
    return seen(root="SqrtBackward0" in steps, negative="NegBackward0" in steps)


def both_sides_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def root_or_negative(x):
        return jax.lax.cond(x > 0, jnp.sqrt, jnp.negative, x)

    x = jnp.array([1.0, 4.0])  # the first side for either row
    steps = [step.primitive.name for step in jax.make_jaxpr(jax.vmap(root_or_negative))(x).eqns]
    return seen(root="sqrt" in steps, negative="neg" in steps)


BOTH_SIDES = Behaviour(
    name="transforms/both_sides",
    statement="Under vmap a conditional computes both sides and selects",
    why="the side that is not taken costs its time, and its infinities are there",
    rule=equals(root=True, negative=True),
    probes={"torch": both_sides_torch, "jax": both_sides_jax},
)


def side_not_taken_torch() -> Evidence:
    import torch

    def root_or_negative(x):
        return torch.cond(x > 0, torch.sqrt, torch.neg, (x,))

    x = torch.tensor([0.0, 4.0], requires_grad=True)
    torch.func.vmap(root_or_negative)(x).sum().backward()
    return seen(gradient=x.grad)


def side_not_taken_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def root_or_negative(x):
        return jax.lax.cond(x > 0, jnp.sqrt, jnp.negative, x)

    return seen(gradient=jax.grad(lambda x: jax.vmap(root_or_negative)(x).sum())(jnp.array([0.0, 4.0])))


SIDE_NOT_TAKEN = Behaviour(
    name="transforms/side_not_taken",
    statement="Under vmap the side that is not taken adds nothing to the gradient, here −1 where √x has slope ∞",
    why="a zero times its infinite derivative is NaN, as with where",
    rule=equals(gradient=[-1.0, 0.25]),
    probes={"torch": side_not_taken_torch, "jax": side_not_taken_jax},
)


def row_without_vmap_torch() -> Evidence:
    import torch

    def root_or_negative(x):
        return torch.cond(x > 0, torch.sqrt, torch.neg, (x,))

    x = torch.tensor(0.0, requires_grad=True)
    root_or_negative(x).backward()
    return seen(gradient=x.grad)


def row_without_vmap_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def root_or_negative(x):
        return jax.lax.cond(x > 0, jnp.sqrt, jnp.negative, x)

    return seen(gradient=jax.grad(root_or_negative)(0.0))


ROW_WITHOUT_VMAP = Behaviour(
    name="transforms/row_without_vmap",
    statement="Without vmap only the side that is taken is differentiated",
    why="a conditional guards a derivative where a selection does not",
    rule=equals(gradient=-1.0),
    probes={"torch": row_without_vmap_torch, "jax": row_without_vmap_jax},
)


def python_branch_torch() -> Evidence:
    import torch

    def square_or_negative(x):
        return x * x if x > 0 else -x

    return seen(values=torch.func.vmap(square_or_negative)(torch.tensor([2.0, -3.0])))


def python_branch_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def square_or_negative(x):
        return x * x if x > 0 else -x

    return seen(values=jax.vmap(square_or_negative)(jnp.array([2.0, -3.0])))


PYTHON_BRANCH = Behaviour(
    name="transforms/python_branch",
    statement="vmap refuses a Python condition on the value of a row",
    why="Python can take one way only, and the rows would need two",
    rule=raises(("RuntimeError", "TracerBoolConversionError")),
    probes={"torch": python_branch_torch, "jax": python_branch_jax},
)


def vmap_of_vmap_torch() -> Evidence:
    import torch
    from torch.func import grad, vmap

    def f(x, y):
        return x * x * y

    x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0])
    table = vmap(vmap(grad(f), in_dims=(None, 0)), in_dims=(0, None))(x, y)
    return seen(table=table, loop=[[grad(f)(one, other) for other in y] for one in x])


def vmap_of_vmap_jax() -> Evidence:
    import jax.numpy as jnp
    from jax import grad, vmap

    def f(x, y):
        return x * x * y

    x, y = jnp.array([1.0, 2.0, 3.0]), jnp.array([4.0, 5.0])
    table = vmap(vmap(grad(f), in_axes=(None, 0)), in_axes=(0, None))(x, y)
    return seen(table=table, loop=[[grad(f)(one, other) for other in y] for one in x])


VMAP_OF_VMAP = Behaviour(
    name="transforms/vmap_of_vmap",
    statement="vmap of vmap of a gradient is the same as two loops",
    why="the order of the axes is easily mistaken",
    rule=both(equals(table=[[8.0, 10.0], [16.0, 20.0], [24.0, 30.0]]), same("table", "loop")),
    probes={"torch": vmap_of_vmap_torch, "jax": vmap_of_vmap_jax},
)


def per_example_torch() -> Evidence:
    import torch
    from torch.func import grad, vmap

    def loss(w, x, y):
        return (w * x - y) ** 2

    w, x, y = torch.tensor(2.0), torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([1.0, 2.0, 4.0, 10.0])
    each = vmap(grad(loss), in_dims=(None, 0, 0))(w, x, y)
    return seen(each=each, mean=each.mean(), of_the_mean=grad(lambda w: loss(w, x, y).mean())(w))


def per_example_jax() -> Evidence:
    import jax.numpy as jnp
    from jax import grad, vmap

    def loss(w, x, y):
        return (w * x - y) ** 2

    w, x, y = 2.0, jnp.array([1.0, 2.0, 3.0, 4.0]), jnp.array([1.0, 2.0, 4.0, 10.0])
    each = vmap(grad(loss), in_axes=(None, 0, 0))(w, x, y)
    return seen(each=each, mean=each.mean(), of_the_mean=grad(lambda w: loss(w, x, y).mean())(w))


PER_EXAMPLE = Behaviour(
    name="transforms/per_example",
    statement="vmap of a gradient gives each example's own, and their mean is the gradient of the mean loss",
    why="a backward pass of the loss alone cannot tell the examples apart",
    rule=both(equals(each=[2.0, 8.0, 12.0, -16.0]), same("mean", "of_the_mean")),
    probes={"torch": per_example_torch, "jax": per_example_jax},
)


def checkpointed_torch() -> Evidence:
    import torch
    from torch.utils.checkpoint import checkpoint

    calls = []

    def f(x):
        calls.append("forward")
        return (x * x * x - 2 * x).sum()

    x = torch.tensor([1.0, 2.0, -3.0], requires_grad=True)
    checkpoint(f, x, use_reentrant=False).backward()
    return seen(gradient=x.grad, forward_passes=len(calls))


def checkpointed_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    calls = []

    def f(x):
        jax.debug.callback(calls.append, "forward")
        return (x * x * x - 2 * x).sum()

    gradient = jax.grad(jax.checkpoint(f))(jnp.array([1.0, 2.0, -3.0]))
    jax.effects_barrier()
    return seen(gradient=gradient, forward_passes=len(calls))


CHECKPOINTED = Behaviour(
    name="transforms/checkpointed",
    statement="A checkpointed function runs its forward pass twice and has the same gradient",
    why="what is not stored must be computed again, and come out the same",
    rule=equals(gradient=[1.0, 10.0, 25.0], forward_passes=2),
    probes={"torch": checkpointed_torch, "jax": checkpointed_jax},
)


def functional_torch() -> Evidence:
    import torch

    model = torch.nn.Linear(2, 1)
    x, params = torch.tensor([[3.0, 4.0]]), {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([0.5])}
    model.load_state_dict(params)
    model(x).square().sum().backward()
    functional = torch.func.grad(lambda p: torch.func.functional_call(model, p, (x,)).square().sum())(params)
    stateful = {name: one.grad for name, one in model.named_parameters()}
    return seen(stateful=stateful, functional=functional)


FUNCTIONAL = Behaviour(
    name="transforms/functional",
    statement="A module called as a function of its parameters has the same gradient as its backward pass",
    why="the same network is trained one way and analysed the other",
    rule=both(equals(stateful={"weight": [[69.0, 92.0]], "bias": [23.0]}), same("stateful", "functional")),
    probes={"torch": functional_torch, "jax": Absent("jax has one interface only, the functional one")},
)


def own_rule_torch() -> Evidence:
    import torch

    class Seven(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, cotangent):
            return 7 * cotangent

    x = torch.tensor([1.0, 2.0])
    return seen(alone=torch.func.grad(Seven.apply)(x[0]), rows=torch.func.vmap(torch.func.grad(Seven.apply))(x))


def own_rule_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    seven = jax.custom_vjp(lambda x: x * x)
    seven.defvjp(lambda x: (x * x, None), lambda _, cotangent: (7 * cotangent,))
    x = jnp.array([1.0, 2.0])
    return seen(alone=jax.grad(seven)(x[0]), rows=jax.vmap(jax.grad(seven))(x))


OWN_RULE = Behaviour(
    name="transforms/own_rule",
    statement="A derivative written by hand, here 7, is used as it is, under vmap too",
    why="nobody checks it against the function, so that a wrong one stays wrong everywhere",
    rule=equals(alone=7.0, rows=[7.0, 7.0]),
    probes={"torch": own_rule_torch, "jax": own_rule_jax},
)


def own_rule_forward_torch() -> Evidence:
    import torch

    class Seven(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def backward(ctx, cotangent):
            return 7 * cotangent

    return seen(tangent=torch.func.jvp(Seven.apply, (torch.tensor(1.0),), (torch.tensor(1.0),))[1])


def own_rule_forward_jax() -> Evidence:
    import jax

    seven = jax.custom_vjp(lambda x: x * x)
    seven.defvjp(lambda x: (x * x, None), lambda _, cotangent: (7 * cotangent,))
    return seen(tangent=jax.jvp(seven, (1.0,), (1.0,))[1])


OWN_RULE_FORWARD = Behaviour(
    name="transforms/own_rule_forward",
    statement="Forward mode refuses a function that has a reverse rule written by hand and no forward rule",
    why="it could only guess whether the function or the rule is meant",
    rule=raises(("NotImplementedError", "TypeError")),
    probes={"torch": own_rule_forward_torch, "jax": own_rule_forward_jax},
)


BEHAVIOURS = (
    BOTH_SIDES,
    SIDE_NOT_TAKEN,
    ROW_WITHOUT_VMAP,
    PYTHON_BRANCH,
    VMAP_OF_VMAP,
    PER_EXAMPLE,
    CHECKPOINTED,
    FUNCTIONAL,
    OWN_RULE,
    OWN_RULE_FORWARD,
)
"""What vmap, checkpointing, a functional call and a rule written by hand make of a derivative."""
