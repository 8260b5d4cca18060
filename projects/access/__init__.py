"""Who may sign in to the dashboard, and the API keys that may write events."""
