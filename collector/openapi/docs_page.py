"""`/docs`: the OpenAPI document as a page. It has no scripts and no external resources, so it works offline."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430 }
h2 { margin-top: 3rem; border-top: 1px solid #d8dee8; padding-top: 1.5rem }
code, pre { font: 14px/1.45 ui-monospace, monospace; background: #f3f5f9; border-radius: 4px }
code { padding: .1em .3em } pre { padding: .8rem; overflow-x: auto }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .4rem .6rem }
tr + tr { border-top: 1px solid #e6eaf1 } .method { color: #0a6b4b; font-weight: 600 }
"""


def render_docs(document: dict[str, Any]) -> str:
    """Render an OpenAPI document as one HTML page."""
    routes = "".join(
        _route(document, method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        '<p>For machines: <a href="openapi.json">openapi.json</a></p>'
        f"{routes}</body></html>"
    )


def _route(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [
        f'<h2><span class="method">{escape(method.upper())}</span> <code>{escape(path)}</code></h2>',
        f"<p><strong>{escape(operation.get('summary', ''))}.</strong> {escape(operation.get('description', ''))}</p>",
        _key_note(document, operation),
    ]
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        parts += ["<h3>Body</h3>", _fields(_resolve(document, content["schema"])), _example(content)]
    parts.append("<h3>Answers</h3>")
    for status, answer in operation["responses"].items():
        parts.append(f"<p><code>{escape(status)}</code> {escape(answer['description'])}</p>")
        parts.append(_example(answer.get("content", {}).get("application/json", {})))
    return "".join(parts)


def _key_note(document: dict[str, Any], operation: dict[str, Any]) -> str:
    schemes = document.get("components", {}).get("securitySchemes", {})
    chosen = [schemes[name] for entry in operation.get("security", []) for name in entry]
    headers = [scheme.get("name", "Authorization: Bearer") for scheme in chosen]  # a bearer scheme names no header
    if not headers:
        return ""
    return f"<p>The API key goes into the header {' or '.join(f'<code>{escape(each)}</code>' for each in headers)}.</p>"


def _fields(schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type_of(field))}"
        f"{', required' if name in schema.get('required', []) else ''}</td>"
        f"<td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return f"<table><tr><th>Field</th><th>Type</th><th>Rule</th></tr>{rows}</table>"


def _type_of(field: dict[str, Any]) -> str:
    kind = field.get("anyOf", [field])[0]  # null comes last
    most = kind.get("maxLength")
    return f"{kind['type']}, at most {most} characters" if most else str(kind["type"])


def _example(content: dict[str, Any]) -> str:
    if "example" not in content:
        return ""
    return f"<pre>{escape(json.dumps(content['example'], indent=2, ensure_ascii=False))}</pre>"


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a `$ref` of the form `#/components/schemas/<name>`."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    resolved: dict[str, Any] = document["components"]["schemas"][reference.rsplit("/", 1)[-1]]
    return resolved
