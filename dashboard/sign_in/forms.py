"""The sign-in pages as HTML: sign in, and choose or change a password."""

from __future__ import annotations

from html import escape

from projects.access.people import PASSWORD_CHARACTERS

CHANGE_PASSWORD = "/change-password"  # noqa: S105  # a path
"""Where a person who is signed in changes their password."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title} · Turret</title>
    <link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
    <link rel="stylesheet" href="/assets/turret.css">
    <link rel="stylesheet" href="/assets/sign_in.css">
  </head>
  <body>
    <main class="door">
      <p class="door-brand"><img src="/assets/mark.svg" alt="" class="mark">Turret</p>
      <h1>{title}</h1>
      {body}
    </main>
  </body>
</html>
"""


def sign_in_page(target: str, problem: str = "", name: str = "") -> str:
    """Return the page that asks for name and password; `target` is where to go next, `problem` what went wrong."""
    autofocus = ("", " autofocus") if name else (" autofocus", "")
    return _page(
        "Sign in",
        f"""{_problem(problem)}
      <form method="post" action="/sign-in">
        <input type="hidden" name="to" value="{escape(target)}">
        <label>Name<input name="name" value="{escape(name)}" autocomplete="username" required{autofocus[0]}></label>
        <label>Password<input name="password" type="password" autocomplete="current-password" required{autofocus[1]}>
        </label>
        <button type="submit">Sign in</button>
      </form>
      <p class="door-note">No password yet, or forgot it? Ask an admin for a new link.</p>""",
    )


def password_page(link: str, name: str, problem: str = "") -> str:
    """Return the page that asks for a new password, twice."""
    least, most = PASSWORD_CHARACTERS
    return _page(
        "Choose a password",
        f"""<p class="door-note">You will sign in as <bdi><strong>{escape(name)}</strong></bdi>. The password needs at
      least {least} characters.</p>{_problem(problem)}
      <form method="post" action="/password">
        <input type="hidden" name="link" value="{escape(link)}">
        <input type="hidden" name="username" value="{escape(name)}" autocomplete="username">
        <label>Password<input name="password" type="password" autocomplete="new-password" minlength="{least}"
          maxlength="{most}" required autofocus></label>
        <label>Repeat password<input name="again" type="password" autocomplete="new-password" minlength="{least}"
          maxlength="{most}" required></label>
        <button type="submit">Save and sign in</button>
      </form>""",
    )


def change_password_page(name: str, problem: str = "") -> str:
    """Return the page that asks for the current password and for a new one, twice."""
    least, most = PASSWORD_CHARACTERS
    return _page(
        "Change your password",
        f"""<p class="door-note">You are signed in as <bdi><strong>{escape(name)}</strong></bdi>. The new password needs
      at least {least} characters. You will be signed out on all other devices.</p>{_problem(problem)}
      <form method="post" action="{CHANGE_PASSWORD}">
        <input type="hidden" name="username" value="{escape(name)}" autocomplete="username">
        <label>Current password<input name="old" type="password" autocomplete="current-password" required autofocus>
        </label>
        <label>New password<input name="password" type="password" autocomplete="new-password" minlength="{least}"
          maxlength="{most}" required></label>
        <label>Repeat password<input name="again" type="password" autocomplete="new-password" minlength="{least}"
          maxlength="{most}" required></label>
        <button type="submit">Change password</button>
      </form>
      <p class="door-note"><a class="text-link" href="/">Back to the dashboard</a></p>""",
    )


def signed_out_page(target: str, named: str) -> str:
    """Return the page after signing out, for somebody whom a proxy still names."""
    return _page(
        "You are signed out",
        f"""<p class="door-note">Your sign-in at the proxy goes on, as <bdi><strong>{escape(named)}</strong></bdi>.</p>
      <p><a class="text-link" href="{escape(target)}">Sign in again</a></p>""",
    )


def ended_link_page() -> str:
    """Return the page for a link that is no longer valid."""
    return _page(
        "This link is no longer valid",
        """<p class="door-note">It was already used, or is more than a day old. Ask an admin for a new one. On the
machine that runs Turret, <code>turret person link NAME</code> creates one.</p>
      <p><a class="text-link" href="/sign-in">Sign in</a></p>""",
    )


def refusal_page(sentence: str) -> str:
    """Return the page that says why a request was refused."""
    return _page("That did not work", f'<p class="door-note" role="alert">{escape(sentence)}</p>')


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), body=body)


def _problem(sentence: str) -> str:
    return f'<p class="door-problem" role="alert">{escape(sentence)}</p>' if sentence else ""
