import sys

from sse_starlette import ServerSentEvent

sys.path.insert(0, "..")
from encoder import drive  # noqa: E402

drive("sse-starlette", lambda step: ServerSentEvent(**step).encode())
