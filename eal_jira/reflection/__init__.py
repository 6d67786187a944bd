"""Reflection: retros, charts, proposals and decisions, adoption."""
