"""The Journeys page, one card or table a module."""
