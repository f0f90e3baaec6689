"""Security headers of every answer, and the check of where a login may lead."""

from collections.abc import Callable, Sequence

from flask import Flask, Response

_PRIVATE_TYPES = frozenset({"text/html", "application/json", "text/csv", "application/problem+json"})


def install_headers(server: Flask, *, secure: bool, script_hashes: Callable[[], Sequence[str]]) -> None:
    """Put the security headers on every answer of ``server``.

    ``script_hashes`` is asked for every HTML document, because Dash adds inline scripts as late as at the first
    request. A view that sets one of these headers itself keeps its own.
    """

    @server.after_request
    def add_headers(response: Response) -> Response:
        is_document = response.mimetype == "text/html"
        values = {
            "Content-Security-Policy": content_security_policy(script_hashes() if is_document else ()),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        if secure:
            values["Strict-Transport-Security"] = "max-age=31536000"
        if response.mimetype in _PRIVATE_TYPES:
            values["Cache-Control"] = "no-store"
        for name, value in values.items():
            response.headers.setdefault(name, value)
        return response


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """Write the policy: nothing but our own files, and inline scripts only by their hash.

    Mantine and AG Grid write style attributes, hence the one ``unsafe-inline``.
    """
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *script_hashes)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )


def safe_next(target: str | None) -> str:
    """Give a place on this server to go on to; anything that could lead elsewhere becomes the home page."""
    # A browser reads "//host" and "/\host" as another host, and drops tabs and newlines before it looks.
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in target) or "\\" in target:
        return "/"
    return target
