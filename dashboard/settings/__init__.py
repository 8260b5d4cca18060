"""Settings: keys, plan, fields, goals, people and projects. Only admins see and change them."""
