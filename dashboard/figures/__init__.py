"""Charts: pure functions from rows to Plotly figures, without Dash and without a database."""
