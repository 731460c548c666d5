"""PostgreSQL: what Baton remembers, its queue, and the embedded server that is used when no address is set."""
