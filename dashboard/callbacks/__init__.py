"""What may reach Dash's callbacks."""
