"""Lifting: programs that frameworks ran, as expressions."""
