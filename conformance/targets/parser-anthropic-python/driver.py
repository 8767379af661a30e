import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parser-driver"))
from loop import drive  # noqa: E402

from anthropic._streaming import SSEDecoder  # noqa: E402


# The decoder of its streams; it has no public name. It leaves the default of the type to its user.
def parse(chunks, state):
    for event in SSEDecoder().iter_bytes(iter(chunks)):
        yield event.event or "message", event.data, event.id or ""


drive("anthropic (Python)", version("anthropic"), [], parse)
