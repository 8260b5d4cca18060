"""The theme and the time axes that all charts share."""
