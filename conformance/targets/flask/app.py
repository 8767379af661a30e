"""An event stream on Flask as tutorials write it, at /events: a generator of "data: ..." strings. Flask has no encoder of its own, so /replay
shows what that recipe does to the events that a request asks for."""

import base64
import json
import time
from itertools import count

from flask import Flask, Response, request

app = Flask(__name__)


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


@app.get("/events")
def events():
    try:
        last = int(request.headers.get("Last-Event-ID", ""))
    except ValueError:
        last = 0

    def ticks():
        for n in count(last + 1):
            time.sleep(0.25)
            yield sse(f"tick {n}", event="tick", id=n)

    return Response(ticks(), mimetype="text/event-stream")


@app.route("/replay", methods=["GET", "POST"])
def replay():
    if request.method == "POST":
        script = request.get_json()["script"]
    else:
        asked = request.args["script"]
        script = json.loads(base64.urlsafe_b64decode(asked + "=" * (-len(asked) % 4)))["script"]
    # Werkzeug reads header fields as Latin-1; what a client sends back is UTF-8.
    last = request.headers.get("Last-Event-ID")
    if last is not None:
        last = last.encode("latin-1").decode("utf-8", "replace")
    seen = max((index for index, step in enumerate(script) if "id" in step and step["id"] == last), default=-1)

    def written():
        for step in script[seen + 1 :]:
            if "wait_ms" in step:
                time.sleep(step["wait_ms"] / 1000)
            else:
                yield sse(**step)

    return Response(written(), mimetype="text/event-stream")
