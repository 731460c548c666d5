"""Settings and the documents an admin edits: YAML text in, frozen core objects out."""
