"""How the service describes itself: OpenAPI 3.1 at ``/openapi.json``."""

import re
from importlib.metadata import version
from typing import Any

import orjson
from apiflask import APIFlask

from service.errors import PROBLEM_JSON
from service.examples import ARTICLE_ID
from service.schemas import Problem

VERSION = version("silah")

_PROBLEM = "Problem"


def configure(app: APIFlask) -> None:
    """Set what APIFlask is to say, and make every documented error a problem document."""
    app.config["OPENAPI_VERSION"] = "3.1.0"
    app.config["INFO"] = {
        "description": "Related articles of an article or of a text, across languages.",
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    app.security_schemes = {"token": {"type": "http", "scheme": "bearer"}}
    app.spec_processor(_completed)  # type: ignore[arg-type]  # the document is asked for as a dict


def _completed(spec: dict[str, Any]) -> dict[str, Any]:
    for operations in spec["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["example"] = ARTICLE_ID
                elif parameter["schema"].get("type") == "array":
                    parameter["explode"] = False
    return _with_plain_names(_with_problems(spec))


def _with_plain_names(spec: dict[str, Any]) -> dict[str, Any]:
    """Call each schema by its own name, as generators of clients expect: ``BatchResponse.Problem`` is ``Problem``."""
    schemas = spec["components"]["schemas"]
    spec["components"]["schemas"] = {name.rpartition(".")[2]: schema for name, schema in schemas.items()}
    return dict(orjson.loads(re.sub(rb"#/components/schemas/(?:\w+\.)+", b"#/components/schemas/", orjson.dumps(spec))))


def _with_problems(spec: dict[str, Any]) -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=f"#/components/schemas/{_PROBLEM}.{{model}}")
    nested = schema.pop("$defs", {})
    schemas = spec.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {_PROBLEM: schema, **{f"{_PROBLEM}.{name}": definition for name, definition in nested.items()}}
    content = {PROBLEM_JSON: {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}}
    for path, operations in spec["paths"].items():
        for operation in operations.values():
            for status, response in operation.get("responses", {}).items():
                if int(status) == 304:  # noqa: PLR2004 - Not Modified has no body
                    response.pop("content", None)
                if int(status) >= 400 and path != "/readyz":  # noqa: PLR2004 - the first error status
                    response["content"] = content
    return spec
