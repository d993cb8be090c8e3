"""The one place where exceptions become HTTP: problem JSON (RFC 9457)."""

import logging
from http import HTTPStatus
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response
from werkzeug.exceptions import BadRequest, HTTPException

from models.live import LiveWriteError
from models.weights import WeightsError
from service.answers import ArticleNotFoundError
from service.schemas import FieldError, Problem
from service.serving import NotServingError, TextQueriesOffError

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"


class UnauthorizedError(Exception):
    """The request does not carry the token."""


class ForbiddenError(Exception):
    """The site does not allow this at all."""


class FieldsError(Exception):
    """Fields of a request are wrong."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.reason}" for error in errors))
        self.errors = errors


STATUS_OF: dict[type[Exception], HTTPStatus] = {
    UnauthorizedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    ArticleNotFoundError: HTTPStatus.NOT_FOUND,
    NotServingError: HTTPStatus.SERVICE_UNAVAILABLE,
    TextQueriesOffError: HTTPStatus.SERVICE_UNAVAILABLE,
    WeightsError: HTTPStatus.SERVICE_UNAVAILABLE,
    LiveWriteError: HTTPStatus.INSUFFICIENT_STORAGE,
}


_MEANT: dict[type[HTTPException], str] = {BadRequest: "The body is not JSON in UTF-8."}
"""Plainer words than Werkzeug's: nothing else here answers 400."""


def register(app: APIFlask) -> None:
    """Make every error of `app` a problem document."""
    app.error_processor(_from_validation)
    app.register_error_handler(HTTPException, _from_http)
    for kind in (*STATUS_OF, FieldsError):
        app.register_error_handler(kind, _from_ours)
    app.register_error_handler(Exception, _from_surprise)


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that one of our exceptions stands for, or None for any other exception."""
    if isinstance(error, FieldsError):
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), error.errors)
    status = STATUS_OF.get(type(error))
    return None if status is None else _problem(status, str(error))


def _from_ours(error: Exception) -> Response:
    problem = problem_of(error)
    return _from_surprise(error) if problem is None else _respond(problem)


def _problem(status: int, detail: str, errors: list[FieldError] | None = None) -> Problem:
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or [])


def _respond(problem: Problem) -> Response:
    return Response(problem.model_dump_json(), problem.status, content_type=PROBLEM_JSON)


def _from_validation(error: HTTPError) -> Response:
    """Name each wrong field: APIFlask reports ``{location: {field: [reasons]}}``."""
    by_location: dict[str, dict[str, list[str]]] = error.detail if isinstance(error.detail, dict) else {}
    errors = [
        FieldError(field=field.removeprefix("_schema") or "body", reason=reason.removeprefix("Value error, "))
        for fields in by_location.values()
        for field, reasons in fields.items()
        for reason in reasons
    ]
    detail = "; ".join(f"{wrong.field}: {wrong.reason}" for wrong in errors) or error.message or ""
    return _respond(_problem(error.status_code, detail, errors))


def _from_http(error: HTTPException) -> Response:
    response = _respond(_problem(error.code or 500, _MEANT.get(type(error), error.description or "")))
    # What a 405 says of the methods allowed, or a 401 of the scheme, stands in its headers.
    kept: list[Any] = [header for header in error.get_headers() if header[0].lower() != "content-type"]
    response.headers.extend(kept)
    return response


def _from_surprise(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return _respond(_problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The error was logged."))
