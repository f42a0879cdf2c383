"""Records what the client answers, a named step each, as one JSON object on the last line of stdout."""
import json
import math

from mlflow.entities._mlflow_object import _MlflowObject
from mlflow.exceptions import MlflowException

TIMES = ("time", "timestamp", "timestamp_ms", "start_time", "end_time")


def plain(value, key=""):
    """Entities as dictionaries; a moment of now becomes a mark, because no two servers share it."""
    if isinstance(value, _MlflowObject):
        return {k.lstrip("_"): plain(v, k) for k, v in value if not callable(v)}
    if isinstance(value, dict):
        return {str(k): plain(v, str(k)) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        items = [plain(v) for v in value]
        return sorted(items) if isinstance(value, set) else items
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, (int, float)):
        return "<time>" if key.endswith(TIMES) and value > 10**12 else value
    return str(value)


class Recorder:
    def __init__(self):
        self.steps = {}

    def __call__(self, name, call):
        assert name not in self.steps, f"two steps are called {name}"
        try:
            result = call()
            self.steps[name] = {"status": 200, "body": plain(result)}
            return result
        except MlflowException as error:
            self.steps[name] = {"status": error.get_http_status_code(), "code": error.error_code}
            return None

    def print(self):
        print(json.dumps(self.steps))
