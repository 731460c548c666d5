"""What people say in support threads, one file of phrase tables per language; ``escalation/phrases.py`` explains the form."""
