"""The commands people type; the only room that prints. Data goes to stdout, everything else to stderr."""
