"""The mirror: tracker → store. Only what changed is read, nothing is lost, absence deletes nothing."""
