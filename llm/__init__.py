"""A language model behind ``escalation.ports.Writer``: any OpenAI-compatible endpoint, through the ``openai`` client.

Optional: nothing waits for it, and without LLM_MODEL nothing of it is imported. The client comes with ``make llm``.
"""
