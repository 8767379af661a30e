"""An event stream on Django as tutorials write it, at /events: a StreamingHttpResponse of "data: ..." strings. Django has no encoder of its own,
so /replay shows what that recipe does to the events that a request asks for."""

import asyncio
import base64
import json
from itertools import count

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="not a secret: this server keeps nothing")


def sse(data=None, event=None, id=None, retry=None, comment=None):
    text = ""
    if comment is not None:
        text += f": {comment}\n"
    if event is not None:
        text += f"event: {event}\n"
    if id is not None:
        text += f"id: {id}\n"
    if retry is not None:
        text += f"retry: {retry}\n"
    if data is not None:
        text += f"data: {data}\n"
    return text + "\n"


@require_GET
async def events(request):
    try:
        last = int(request.headers.get("Last-Event-ID", ""))
    except ValueError:
        last = 0

    async def ticks():
        for n in count(last + 1):
            await asyncio.sleep(0.25)
            yield sse(f"tick {n}", event="tick", id=n)

    return StreamingHttpResponse(ticks(), content_type="text/event-stream")


async def replay(request):
    if request.method == "POST":
        script = json.loads(request.body)["script"]
    else:
        asked = request.GET["script"]
        script = json.loads(base64.urlsafe_b64decode(asked + "=" * (-len(asked) % 4)))["script"]
    # Django reads header fields as Latin-1; what a client sends back is UTF-8.
    last = request.headers.get("Last-Event-ID")
    if last is not None:
        last = last.encode("latin-1").decode("utf-8", "replace")
    seen = max((index for index, step in enumerate(script) if "id" in step and step["id"] == last), default=-1)

    async def written():
        for step in script[seen + 1 :]:
            if "wait_ms" in step:
                await asyncio.sleep(step["wait_ms"] / 1000)
            else:
                yield sse(**step)

    return StreamingHttpResponse(written(), content_type="text/event-stream")


urlpatterns = [path("events", events), path("replay", replay)]
app = get_asgi_application()
