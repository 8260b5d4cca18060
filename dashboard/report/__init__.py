"""The report about one week of a project, as one page to read, print or send."""
