"""An idiomatic event stream on Starlette and sse-starlette at /events; at /replay, the events that a request asks for, written by the encoder
of sse-starlette."""

import asyncio
import base64
import json
from itertools import count

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route


async def events(request: Request) -> EventSourceResponse:
    try:
        last = int(request.headers.get("last-event-id", ""))
    except ValueError:
        last = 0

    async def ticks():
        for n in count(last + 1):
            await asyncio.sleep(0.25)
            yield ServerSentEvent(f"tick {n}", event="tick", id=str(n))

    return EventSourceResponse(ticks(), ping=15)


async def replay(request: Request) -> EventSourceResponse:
    if request.method == "POST":
        asked = await request.json()
    else:
        script = request.query_params["script"]
        asked = json.loads(base64.urlsafe_b64decode(script + "=" * (-len(script) % 4)))
    # Starlette reads header fields as Latin-1; what a client sends back is UTF-8.
    last = request.headers.get("last-event-id")
    if last is not None:
        last = last.encode("latin-1").decode("utf-8", "replace")
    steps = list(enumerate(asked["script"]))
    seen = max((index for index, step in steps if "id" in step and step["id"] == last), default=-1)

    async def written():
        for index, step in steps[seen + 1 :]:
            if "wait_ms" in step:
                await asyncio.sleep(step["wait_ms"] / 1000)
                continue
            try:
                yield ServerSentEvent(**step).encode()
            except (TypeError, ValueError):
                yield ServerSentEvent(str(index), event="ssespec-refused")

    return EventSourceResponse(written())


app = Starlette(routes=[Route("/events", events), Route("/replay", replay, methods=["GET", "POST"])])
