"""Reading text: what customers write → ``escalation.signals``. Offline and deterministic by default."""
