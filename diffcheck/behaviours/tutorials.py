"""What the five source tutorials state about frameworks; what they state about numbers stands with the cases.

Nothing here says whether a sentence is true: it says what would be seen if it were.
"""

from __future__ import annotations

from diffcheck.behaviours.stated import RAISED, Stated

T1 = (
    Stated(
        "T1",
        "the quotients of 5x² − 4x at 1 print 6.5000000000000036, 6.050000000000021, …",
        ("quotients/shrinking_steps", "quotients"),
        [6.5000000000000036, 6.050000000000021, 6.004999999999148, 6.00050000000074, 6.000050000043442],
    ),
    Stated("T1", "the smaller h, the more accurate the quotient", ("quotients/tiny_steps", "nearer"), True),
    Stated(
        "T1",
        "gradients accumulate in .grad until they are zeroed: here [1, 5, 9, 13]",
        ("state/accumulates", "gradient"),
        [1.0, 5.0, 9.0, 13.0],
    ),
    Stated(
        "T1",
        "x.grad == u after z = y.detach()·x, as written, without zeroing the gradient first",
        ("cutting/without_zeroing", "equal"),
        [True, True, True, True],
    ),
    Stated("T1", "x.grad is u once it has been zeroed", ("cutting/detach", "gradient"), [0.0, 1.0, 4.0, 9.0]),
    Stated("T1", "x.grad and u cannot be compared with ==", ("cutting/comparison", RAISED), "RuntimeError"),
    Stated("T1", "without detach it is 3x²", ("cutting/without_detach", "gradient"), [0.0, 3.0, 12.0, 27.0]),
    Stated(
        "T1",
        "y.sum().backward() still works after y was detached: [0, 2, 4, 6]",
        ("cutting/graph_survives", "gradient"),
        [0.0, 2.0, 4.0, 6.0],
    ),
)

T2 = (
    Stated("T2", "params.grad is None before the first backward pass", ("state/nothing_before", "gradient"), None),
    Stated(
        "T2",
        "backward sums into leaves, so that forgetting to zero gives 1 + 4x instead of 1",
        ("state/accumulates", "gradient"),
        [1.0, 5.0, 9.0, 13.0],
    ),
    Stated(
        "T2",
        "without .detach() the new params are part of the old graph, and no leaf",
        ("leaves/without_detach", "is_leaf"),
        False,
    ),
    Stated("T2", "and the second step fails, because .grad is None", ("leaves/second_step", RAISED), "TypeError"),
    Stated(
        "T2",
        "the update is p1 = p0 · lr · p0.grad (p0 = [1, 0], lr = 0.25, p0.grad = [3, 0])",
        ("leaves/detached_step", "params"),
        [0.75, 0.0],
    ),
    Stated(
        "T2",
        "the update is p1 = p0 − lr · p0.grad (p0 = [1, 0], lr = 0.25, p0.grad = [3, 0])",
        ("leaves/detached_step", "params"),
        [0.25, 0.0],
    ),
    Stated(
        "T2",
        "zero_grad sets gradients to zero",
        {
            "by default": ("state/zero_grad", "gradient"),
            "with set_to_none=False": ("state/zeros_on_request", "gradient"),
        },
        [0.0, 0.0],
    ),
    Stated(
        "T2",
        "torch.optim.SGD follows the loop written by hand, step by step: all 500 of 500 steps are alike",
        ("training/same_as_sgd", "alike"),
        500,
    ),
    Stated(
        "T2",
        "the loop, lr 1e-2 on scaled readings, ends after 5,000 epochs at w = 5.3671, b = −17.3012",
        ("training/by_hand", "end"),
        ["5.3671", "-17.3012"],
    ),
    Stated("T2", "its loss is then 2.9276", ("training/by_hand", "loss"), "2.9276"),
    Stated("T2", "SGD ends at the same w and b", ("training/sgd", "end"), ["5.3671", "-17.3012"]),
    Stated("T2", "Adam reaches the minimum 2.9276 from raw readings", ("training/adam_raw", "loss"), "2.9276"),
    Stated("T2", "Adam does not mind unscaled inputs", ("training/adam_scaled", "same"), True),
    Stated("T2", "SGD with lr 1e-2 leaves float32 on them, at step 21", ("training/sgd_raw", "step"), 21),
    Stated(
        "T2",
        "a validation loss without a backward pass does not touch the gradient [9, −23.75]",
        ("training/validation", "beside"),
        [9.0, -23.75],
    ),
)

T3 = (
    Stated(
        "T3",
        "y, doubled while ‖y‖ < 1000 and pulled back along v, gives 2ᵏ·v, here with k = 8",
        ("shapes/doubled", "gradient_by_v"),
        [256.0, 256.0, 256.0],
    ),
    Stated("T3", "backward() on a non-scalar needs a vector", ("shapes/not_scalar", RAISED), "RuntimeError"),
    Stated(
        "T3",
        "autograd computes the Jacobian–vector product J·v, at J = [[3, 2], [1, 0]] and v = [1, 10]: [23, 1]",
        ("shapes/pulled_back", "product"),
        [23.0, 1.0],
    ),
    Stated("T3", "Variable is another class than Tensor", ("leaves/variable", "type"), "Variable"),
    Stated(
        "T3",
        "a method named backward on a Module takes part in the backward pass",
        ("leaves/module_backward", "calls"),
        ["backward"],
    ),
    Stated("T3", "what is computed inside no_grad does not require grad", ("cutting/no_grad", "inside"), False),
    Stated(
        "T3",
        "clamping the gradient at 0 is the backward pass of a unit that is off (x = w₂ = 1, w₁ = y = −1): 2",
        ("kinks/masked_backward", "gradient"),
        [[2.0, -2.0]],
    ),
    Stated(
        "T3",
        "SGD with momentum 0.9 computes b ← μ·b + g, w ← w − η·b (μ = 7/8, η = 1/8)",
        ("optimisers/momentum", "weights"),
        [
            [0.9375, -1.75],
            [1.0703125, -1.5625],
            [1.0615234375, -1.7734375],
            [1.0225830078125, -1.8330078125],
            [1.2385101318359375, -1.9476318359375],
        ],
    ),
    Stated(
        "T3",
        "one step of w ← w − η·H⁻¹·g with η = 1 lands on T2's minimiser 152075/283314, −2451344/141657",
        ("training/newton", "end"),
        [f"{152075 / 283314:.6g}", f"{-2451344 / 141657:.6g}"],
    ),
)

T4 = (
    Stated(
        "T4",
        "the gradient of a scalar with respect to a vector has the vector's shape",
        ("shapes/input_shape", "shapes"),
        [[], [1], [4], [2, 3], [0]],
    ),
    *(
        Stated(
            "T4",
            f"the gradient of 2xᵀx at [0, 1, 2, 3] is [0, 4, 8, 12] in {framework}",
            ("state/accumulates", "first"),
            [0.0, 4.0, 8.0, 12.0],
            framework,
        )
        for framework in ("torch", "jax", "mxnet", "tensorflow")
    ),
    Stated(
        "T4",
        "the gradient's memory is allocated once and reused",
        {
            "accumulation in place": ("state/memory", "reused"),
            "after zero_grad": ("state/memory_after_zero_grad", "reused"),
        },
        True,
    ),
    Stated("T4", "before the first backward pass it is None in torch", ("state/nothing_before", "gradient"), None),
    Stated("T4", "and an array of zeros in MXNet", ("state/zeros_before", "gradient"), [0.0, 0.0, 0.0, 0.0], "mxnet"),
    Stated(
        "T4",
        "forward accumulation is Wengert's (1964), reverse accumulation Speelpenning's (1980) and Griewank's (1989)",
        "who was first is a matter of history, and no computation shows it; both modes are checked",
    ),
)

T5 = (
    Stated(
        "T5",
        "without a reshape the loss is silently an n × n matrix, here 3 × 3",
        ("shapes/column_minus_vector", "shape"),
        [3, 3],
    ),
    Stated(
        "T5",
        "and the gradient a wrong one: with the reshape it is 11",
        ("shapes/column_minus_vector", "reshaped"),
        [[11.0]],
    ),
    Stated(
        "T5",
        "leaving out the mean and dividing the step by the batch size is the same",
        ("batches/last_batch", "same"),
        True,
    ),
    Stated("T5", "the gradients of two losses add up", ("state/two_losses", "apart"), [9.0, -1.0]),
    Stated("T5", "an update in place outside no_grad is refused", ("leaks/leaf_in_place", RAISED), "RuntimeError"),
    Stated("T5", "under no_grad an update in place is carried out", ("leaks/update_under_no_grad", "w"), [1.0, -1.5]),
    Stated(
        "T5",
        "without new w and b gradients accumulate from one experiment to the next",
        ("state/between_experiments", "gradients"),
        [[2.0, 4.0], [4.0, 8.0], [6.0, 12.0], [8.0, 16.0]],
    ),
    Stated(
        "T5",
        "what the next experiment inherits are w and b",
        ("state/between_experiments", "starts"),
        [[1.0, -2.0], [0.0, -4.0]],
    ),
    Stated("T5", "lr 0.03: after 3 epochs the loss is near 5e-5", ("batches/converges", "loss"), "5e-5"),
    *(
        Stated(
            "T5",
            f"lr 0.001: the loss after {epoch} is {loss}; other data print other digits, these lie within 3σ",
            ("batches/by_chance", f"likely_{epochs}"),
            loss,
            between=True,
        )
        for epochs, epoch, loss in (
            (1, "1 epoch", "13.93"),
            (2, "2 epochs", "11.32"),
            (3, "3 epochs", "9.20"),
            (10, "10 epochs", "2.158751"),
        )
    ),
    Stated("T5", "lr 10 ends in NaN because something becomes infinite", ("batches/overflows", "infinite"), True),
    Stated("T5", "or because something is divided by zero", ("batches/overflows", "divisors"), [0]),
)

STATED = (*T1, *T2, *T3, *T4, *T5)
