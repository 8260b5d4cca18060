"""Who may see the dashboard: a gate in front of every page, the pages of signing in, and who is asking."""

from dashboard.sign_in.visitor import Visitor, current_visitor, require_admin

__all__ = ["Visitor", "current_visitor", "require_admin"]
