"""The loop of a persistent driver in Python: one line in, one line out for each stream."""

import base64
import json
import sys


def drive(name, version, features, parse):
    """`parse` gets the chunks of one stream and a state to change, and yields `(type, data, id)` for each event.

    Where it raises, what came before is what its user gets.
    """
    out = sys.stdout
    out.write(json.dumps({"driver": 1, "name": name, "version": version, "features": features}) + "\n")
    out.flush()
    for line in sys.stdin:
        question = json.loads(line)
        chunks = [base64.b64decode(chunk) for chunk in question["chunks"]]
        state = {"lastEventId": "", "reconnectionTime": None}
        events = []
        try:
            for kind, data, last_event_id in parse(chunks, state):
                events.append({"type": kind, "data": data, "lastEventId": last_event_id})
        except Exception as error:
            print(f"{question['case']}: {error!r}", file=sys.stderr)
        answer = {"case": question["case"], "events": events}
        if "state" in features:
            answer["state"] = state
        out.write(json.dumps(answer) + "\n")
        out.flush()
