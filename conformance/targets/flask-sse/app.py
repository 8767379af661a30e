"""An idiomatic event stream on Flask and flask-sse at /events, published through Redis; at /replay, the events that a request asks for, written
by the encoder of flask-sse."""

import base64
import json
import os
import threading
import time
from itertools import count

from flask import Flask, Response, request
from flask_sse import Message, sse

app = Flask(__name__)
app.config["REDIS_URL"] = f"unix://{os.getcwd()}/redis.sock"
app.register_blueprint(sse, url_prefix="/events")


def publish():
    with app.app_context():
        for n in count(1):
            # The head waits for the next event: so soon that it makes no difference which request comes when.
            time.sleep(0.05)
            sse.publish(f"tick {n}", type="tick", id=str(n))


threading.Thread(target=publish, daemon=True).start()


def encode(index, step):
    # It has no comments, and no event without data.
    if "comment" in step or "data" not in step:
        return str(Message(str(index), type="ssespec-unsupported"))
    return str(Message(step["data"], type=step.get("event"), id=step.get("id"), retry=step.get("retry")))


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
        for index, step in enumerate(script):
            if index <= seen:
                continue
            if "wait_ms" in step:
                time.sleep(step["wait_ms"] / 1000)
            else:
                yield encode(index, step)

    return Response(written(), mimetype="text/event-stream")
