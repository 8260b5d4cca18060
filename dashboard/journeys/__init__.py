"""What stands on the pages about journeys, one card or table a file; `pages/journeys.py` lays them out."""
