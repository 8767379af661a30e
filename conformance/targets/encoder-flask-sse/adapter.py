import sys

from flask_sse import Message

sys.path.insert(0, "..")
from encoder import Unsupported, drive  # noqa: E402


def encode(step):
    if "data" not in step:
        raise Unsupported("a Message has data")
    fields = {"type" if name == "event" else name: value for name, value in step.items()}
    return str(Message(**fields))


drive("Flask-SSE", encode)
