"""For the machines that watch the service: is the process alive, can it answer."""

from apiflask import APIBlueprint
from flask import Response

from service import answers
from service.schemas import Health
from service.serving import NotServingError

blueprint = APIBlueprint("health", __name__, tag="operations")


@blueprint.get("/healthz")
@blueprint.output(Health)
@blueprint.doc(summary="Is the process alive?")
def healthz() -> Health:
    """Answer as long as the process can answer anything."""
    return Health(status="ok")


@blueprint.get("/readyz")
@blueprint.output(Health)
@blueprint.doc(summary="Can it answer queries?", responses={503: "No snapshot is served."})
def readyz() -> Health | Response:
    """Answer 200 when a snapshot is served; `problem` says why a newer one was refused."""
    serving = answers.serving()
    try:
        served = serving.now()
    except NotServingError:
        health = Health(status="not ready", problem=serving.problem)
        return Response(health.model_dump_json(), 503, content_type="application/json")
    return Health(status="ok", snapshot=served.view.snapshot.name, problem=serving.problem)
