"""Diagnosis: what a wrong derivative looks like, recognised from its numbers."""

from diffcheck.diagnosis.likely import likely_causes

__all__ = ["likely_causes"]
