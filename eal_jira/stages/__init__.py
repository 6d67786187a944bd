"""The stages of a cycle: each reads the store, lets the pure rooms decide, writes the store, and says what it did.

The shell round the functional core: the only place where `process` and `learning` meet the database. A stage leaves
its work listed until the transaction that deals with it, so it may be killed anywhere and run again.
"""
