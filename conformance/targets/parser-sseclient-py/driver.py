import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parser-driver"))
from loop import drive  # noqa: E402

from sseclient import SSEClient  # noqa: E402


# It gives the id of each event and leaves remembering it to its user.
def parse(chunks, state):
    last = ""
    for event in SSEClient(iter(chunks)).events():
        last = last if event.id is None else event.id
        yield event.event, event.data, last


drive("sseclient-py", version("sseclient-py"), [], parse)
