"""Systems beside the helpdesk that know the customers: ``escalation.ports.Accounts`` (docs/accounts.md)."""
