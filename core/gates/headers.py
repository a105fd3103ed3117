"""What every answer says to the browser: what the page may load, and which other pages may show it."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

SPACES = "https://huggingface.co https://*.huggingface.co https://*.hf.space"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio starts with inline scripts, and compiles the events that a page declares.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https:",  # covers
        "font-src 'self' data:",
        "connect-src 'self' https://graphql.anilist.co",  # lists by user name
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        f"frame-ancestors 'self' {SPACES}",
    )
)
SAFE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
CREDENTIALS = "Access-Control-Allow-Credentials"


def add_safe_headers(headers: MutableHeaders, request: Headers) -> None:
    """Add to the headers of an answer what every answer has. Credentials are for our own origin only."""
    headers.update(SAFE)
    if CREDENTIALS in headers and not is_own_origin(request):
        del headers[CREDENTIALS]


def is_own_origin(request: Headers) -> bool:
    """Return whether a request comes from a page of this server."""
    host = request.get("x-forwarded-host") or request.get("host")
    return host is not None and urlsplit(request.get("origin", "")).netloc == host
