"""People who may sign in to the dashboard, and API keys."""
