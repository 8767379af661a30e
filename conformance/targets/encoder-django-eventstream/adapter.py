import sys

from django.conf import settings

settings.configure()
from django_eventstream.utils import sse_encode_event  # noqa: E402

sys.path.insert(0, "..")
from encoder import Unsupported, drive  # noqa: E402


def encode(step):
    if "data" not in step:
        raise Unsupported("an event has data")
    if "retry" in step:
        raise Unsupported("retry is a setting of the server")
    return sse_encode_event(step.get("event", "message"), step["data"], step.get("id"))


drive("django-eventstream", encode)
