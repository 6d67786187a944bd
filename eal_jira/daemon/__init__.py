"""The daemon: when to run what, and how to stop."""
