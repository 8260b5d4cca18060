"""Share the theme and the time axes of all charts."""
