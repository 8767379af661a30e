import asyncio
import sys

from aiohttp_sse import EventSourceResponse

sys.path.insert(0, "..")
from encoder import Unsupported, drive  # noqa: E402


class Recorder(EventSourceResponse):
    """Keeps what would go to the socket."""

    async def write(self, data):
        self.written = data


def encode(step):
    if "data" not in step:
        raise Unsupported("send() sends messages, and a message has data")
    response = Recorder(sep="\n")
    asyncio.run(response.send(**step))
    return response.written


drive("aiohttp-sse", encode)
