"""An idiomatic event stream on aiohttp and aiohttp-sse at /events; at /replay, the events that a request asks for, written by the encoder of
aiohttp-sse."""

import asyncio
import base64
import json
import os
from itertools import count

from aiohttp import web
from aiohttp_sse import sse_response

routes = web.RouteTableDef()


@routes.get("/events")
async def events(request):
    async with sse_response(request) as response:
        try:
            last = int(response.last_event_id or "")
        except ValueError:
            last = 0
        for n in count(last + 1):
            await asyncio.sleep(0.25)
            if not response.is_connected():
                break
            await response.send(f"tick {n}", event="tick", id=str(n))
    return response


async def write(response, index, step):
    # It has no comments, and no event without data.
    if "comment" in step or "data" not in step:
        await response.send(str(index), event="ssespec-unsupported")
        return
    try:
        await response.send(**step)
    except ValueError:
        await response.send(str(index), event="ssespec-refused")


@routes.get("/replay")
@routes.post("/replay")
async def replay(request):
    if request.method == "POST":
        script = (await request.json())["script"]
    else:
        asked = request.query["script"]
        script = json.loads(base64.urlsafe_b64decode(asked + "=" * (-len(asked) % 4)))["script"]
    last = request.headers.get("Last-Event-ID")
    seen = max((index for index, step in enumerate(script) if "id" in step and step["id"] == last), default=-1)
    async with sse_response(request, allow_all_methods=True) as response:
        for index, step in enumerate(script):
            if index <= seen:
                continue
            if "wait_ms" in step:
                await asyncio.sleep(step["wait_ms"] / 1000)
            else:
                await write(response, index, step)
    return response


app = web.Application(client_max_size=10 << 20)
app.add_routes(routes)
web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), print=None)
