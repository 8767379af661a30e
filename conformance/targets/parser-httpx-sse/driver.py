import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parser-driver"))
from loop import drive  # noqa: E402

import httpx  # noqa: E402
from httpx_sse import EventSource  # noqa: E402


class Body(httpx.SyncByteStream):
    def __init__(self, chunks):
        self.chunks = chunks

    def __iter__(self):
        return iter(self.chunks)


# An event carries the time of its block; there is no other way to see one.
def parse(chunks, state):
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(chunks))
    for event in EventSource(response).iter_sse():
        yield event.event, event.data, event.id


drive("httpx-sse", version("httpx-sse"), [], parse)
