"""How answers travel: compressed, and to pages of other origins that the site names."""

from http import HTTPStatus

from apiflask import APIFlask
from flask import Flask, Response, request
from flask_compress import Compress
from flask_compress.flask_compress import _compress_data
from flask_cors import CORS

from service.settings import Settings

SMALLEST = 500
"""Bytes: what is smaller fits into one packet as it is."""
PREFLIGHT_SECONDS = 24 * 3600


def configure(app: APIFlask, settings: Settings) -> None:
    """Compress what is worth it, and allow the configured origins to ask from a browser."""
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.config["COMPRESS_MIN_SIZE"] = SMALLEST
    Compress(app)
    app.after_request(_read)  # what is registered last is called first
    if settings.cors_origins:
        app.after_request(_vary_by_origin)
        CORS(
            app,
            resources=r"/v1/.*",
            origins=settings.cors_origins.split(","),
            methods=["GET", "HEAD", "POST", "OPTIONS"],
            allow_headers=["Content-Type", "If-None-Match"],
            expose_headers=["ETag"],
            max_age=PREFLIGHT_SECONDS,
            send_wildcard=True,
        )


def compressed(app: Flask, body: bytes, encoding: str) -> bytes:
    """Return `body` as Flask-Compress sends it in an `encoding` that it chose."""
    return _compress_data(app, body, encoding)


def _vary_by_origin(response: Response) -> Response:
    """Keep an answer that no origin, or another, was allowed to read from being given to one that is."""
    response.vary.add("Origin")
    return response


def _read(response: Response) -> Response:
    """Return `response` with the file that it would stream read and closed: Flask-Compress 1.25 leaves it open."""
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        request.environ.pop("HTTP_ACCEPT_ENCODING", None)  # its range is one of the plain bytes
    if response.is_streamed and response.direct_passthrough:
        response.direct_passthrough = False
        response.make_sequence()
    return response
