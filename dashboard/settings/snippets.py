"""The call that an app makes, ready to copy: curl, Python and JavaScript."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

CURL = """curl {collector}/track \\
  -H 'X-API-Key: {key}' \\
  -H 'Content-Type: application/json' \\
  -d '{{"name": "message", "session_id": "chat-1", "user_id": "ada",
       "metadata": {{"prompt": "How do I export my data?", "plan": "pro"}}}}'"""

PYTHON = """import json
import urllib.request

event = {{
    "name": "message",
    "session_id": "chat-1",
    "user_id": "ada",
    "metadata": {{"prompt": "How do I export my data?", "plan": "pro"}},
}}
request = urllib.request.Request(
    "{collector}/track",
    data=json.dumps(event).encode(),
    headers={{"X-API-Key": "{key}", "Content-Type": "application/json"}},
)
urllib.request.urlopen(request, timeout=5)"""

JAVASCRIPT = """await fetch("{collector}/track", {{
  method: "POST",
  headers: {{ "X-API-Key": "{key}", "Content-Type": "application/json" }},
  body: JSON.stringify({{
    name: "message",
    session_id: "chat-1",
    user_id: "ada",
    metadata: {{ prompt: "How do I export my data?", plan: "pro" }},
  }}),
}});"""

LANGUAGES = {"curl": CURL, "Python": PYTHON, "JavaScript": JAVASCRIPT}


def snippet(language: str, key: str, collector: str) -> str:
    """Return the call in a language."""
    return LANGUAGES[language].format(collector=collector, key=key)


def snippets(key: str, collector: str) -> Any:
    """Show the call in each language, each with a button that copies it."""
    tabs = [dmc.TabsTab(language, value=language) for language in LANGUAGES]
    panels = [
        dmc.TabsPanel(
            html.Div(
                [
                    html.Pre(
                        html.Code(snippet(language, key, collector)),
                        id=f"snippet-{language}",
                        className="snippet",
                        tabIndex="0",
                    ),
                    dcc.Clipboard(target_id=f"snippet-{language}", title=f"Copy the {language} call", className="copy"),
                ],
                className="snippet-box",
            ),
            value=language,
        )
        for language in LANGUAGES
    ]
    return dmc.Tabs([dmc.TabsList(tabs), *panels], value="curl")
