"""Archives of other programs: one module per family of formats, which turns records into payloads of `/track`."""
