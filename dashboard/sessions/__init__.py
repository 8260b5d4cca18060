"""The pages about sessions and users."""
