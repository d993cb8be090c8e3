"""``/docs``: the OpenAPI document to browse and to try, with Swagger UI served from here."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, render_template, send_from_directory

blueprint = APIBlueprint("docs", __name__, enable_openapi=False)

_PACKAGE = "flask_openapi3_swagger"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI writes styles into its elements; scripts come from here only."""


@blueprint.get("/docs")
def docs() -> Response:
    """Return the page."""
    return Response(
        render_template("docs.html"), headers={"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
    )


@blueprint.get("/docs/assets/<path:name>")
def asset(name: str) -> Response:
    """Return a file of Swagger UI."""
    return send_from_directory(_assets(), name, max_age=24 * 3600)


@cache
def _assets() -> Path:
    # The package is made for another framework: its files are taken, its code is not imported.
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        message = f"the package {_PACKAGE} is not installed"
        raise ModuleNotFoundError(message)
    return Path(spec.submodule_search_locations[0], "templates", "swagger")
