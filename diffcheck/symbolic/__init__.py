"""Cases on symbols: a function run on object arrays of SymPy scalars, and differentiated by SymPy.

This is the witness against which the closed form is proved, so nothing below this folder knows
`diffcheck.expression`. Kinks never become `Piecewise`, `Heaviside`, `Max`, `Abs` or `sign`: at
each of them a decider says on which side of it we are, and that branch is taken.
"""
