"""Archives of other programs: one module for each family of formats, from its records to payloads of `/track`."""
