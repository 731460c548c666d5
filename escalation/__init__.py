"""The core: decides, and returns what it decided as data. Standard library only, no I/O, time is an argument."""
