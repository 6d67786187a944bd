"""Jira's query language: `syntax` reads it, `meaning` says which issues fit, `search` runs it and pages."""
