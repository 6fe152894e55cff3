"""The reference: the true derivative at a point, certified, and what rounding may do to it."""
