"""The driver of encoders in Python: one line of JSON in, one out. See "Encoder under test" in the documentation of ssespec."""

import base64
import json
import sys
from importlib.metadata import version


class Unsupported(Exception):
    """Raised by an adapter where the library has no way to express a step."""


def drive(name, encode):
    """What a library raises is a refusal; `encode` takes a step and gives text or bytes."""

    def say(answer):
        print(json.dumps(answer), flush=True)

    say({"driver": 1, "name": name, "version": version(name), "features": []})
    for line in sys.stdin:
        question = json.loads(line)
        answer = {"case": question["case"]}
        try:
            written = b"".join(as_bytes(encode(step)) for step in question["script"])
            answer["bytes"] = base64.b64encode(written).decode()
        except Unsupported as error:
            answer["unsupported"] = str(error)
        except Exception as error:
            answer["refused"] = f"{type(error).__name__}: {error}"
        say(answer)


def as_bytes(written):
    return written.encode() if isinstance(written, str) else written
