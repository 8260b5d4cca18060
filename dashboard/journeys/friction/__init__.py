"""Friction: topics about which people ask again, go in circles, or come back."""
