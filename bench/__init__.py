"""Measurements anyone can repeat: ``make bench`` runs them all into ``bench/results.md``."""
