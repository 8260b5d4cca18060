"""Sign-in: what stands in front of every page, the sign-in pages, and the current visitor."""

from dashboard.sign_in.visitor import Visitor, current_visitor, require_admin, set_program

__all__ = ["Visitor", "current_visitor", "require_admin", "set_program"]
