"""The assets, in the order in which an event passes them: landing, dbt_models, topics, published."""
