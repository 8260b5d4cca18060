"""The history of the projects database, run by `projects.database.open_projects`."""
