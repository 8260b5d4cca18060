"""Import files of events with the same validation and durability as HTTP."""
