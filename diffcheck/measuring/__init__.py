"""Measuring how far each framework's own exp, lgamma, … is from the true one: grid, errors, constants."""
