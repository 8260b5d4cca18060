"""Send alerts: signed webhooks, Slack's webhooks and e-mail. What is alerted is decided elsewhere."""
