"""The audit log: who changed what in the projects database, and who signed in."""
