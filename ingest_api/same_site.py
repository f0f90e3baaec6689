"""Did one of our own pages send this, or somebody else's page in our user's browser?"""

from urllib.parse import urlsplit

from flask import Request, request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_cross_site(asked: Request = request) -> bool:
    """Tell whether a changing request was not sent by one of our own pages.

    Browsers say so in ``Sec-Fetch-Site`` (over https and on localhost) or in ``Origin`` (always, for a POST). Who
    sends neither is not a browser with somebody's cookie in it, but has no business here either.
    """
    if asked.method in SAFE_METHODS:
        return False
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = urlsplit(asked.headers.get("Origin", ""))
    return (origin.scheme, origin.netloc) != (asked.scheme, asked.host)
