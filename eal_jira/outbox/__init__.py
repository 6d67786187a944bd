"""The outbox: intents → tracker, exactly once. The only room that writes to the tracker and the pages."""
