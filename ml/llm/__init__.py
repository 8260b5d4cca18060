"""Call a chat model behind any OpenAI-compatible endpoint, within a budget."""
