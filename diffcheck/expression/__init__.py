"""Expressions: functions as graphs of array operations, and their derivatives as graphs again."""
