"""Describe the HTTP API: the OpenAPI document and its page."""
