"""Counts the requests that botocore makes in a Python program, whichever that is, and writes them down at its end."""

import atexit
import json
import os
import threading

_counts: dict[str, int] = {}
_lock = threading.Lock()


def _write() -> None:
    path = os.path.join(os.environ["COUNT_CALLS_IN"], f"{os.getpid()}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(_counts, file)


if "COUNT_CALLS_IN" in os.environ:
    try:
        import botocore.httpsession
    except ImportError:
        pass  # a Python process of the peer's that does not talk to AWS
    else:
        _send = botocore.httpsession.URLLib3Session.send

        def _counted(self, request):
            with _lock:
                host = request.headers.get("X-Amz-Target") or request.method
                name = host.decode() if isinstance(host, bytes) else host
                _counts[name] = _counts.get(name, 0) + 1
            return _send(self, request)

        botocore.httpsession.URLLib3Session.send = _counted
        atexit.register(_write)
