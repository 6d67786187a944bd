"""The process: event log, guidelines and their versions, rules, and the judge.

Everything here is a function from values to values: no clock (time comes in as an argument), no store, no tracker.
Read in this order: `log` (changes become a trace), `versions` and `guidelines` (files become guideline versions),
`rules` (one file a kind), `judge` (a trace and versions become deviations).
"""
