"""The store: tables, migrations, queries. The only room with SQL; nothing outside knows a table.

One module per concern, each a set of functions that take a connection: `issues` (the mirror), `readings` (remote links,
and which issues are read by themselves), `work` (what later stages must look at), `deliveries` (webhooks), `process`,
`learning`, `intents`, `facts` (small things).
"""

from sqlalchemy import Connection

from eal_jira.store.database import Store, open_store

__all__ = ["Connection", "Store", "open_store"]
