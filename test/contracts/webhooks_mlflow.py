"""The unchanged MLflow client at a registry's webhooks, and a receiver that verifies as MLflow's documentation has it."""
import hmac
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from mlflow import MlflowClient
from mlflow.webhooks.delivery import _generate_hmac_signature

SECRET = "plain secret"
received = []
arrived = threading.Condition()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        signed = (self.headers["X-MLflow-Delivery-Id"], self.headers["X-MLflow-Timestamp"])
        verified = hmac.compare_digest(
            _generate_hmac_signature(SECRET, *signed, body), self.headers["X-MLflow-Signature"]
        )
        event = json.loads(body)
        with arrived:
            received.append([event["entity"], event["action"], event["data"]["name"], verified])
            arrived.notify_all()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
client = MlflowClient(sys.argv[1], sys.argv[1])


def mine(webhook_id):
    return [w.name for w in client.list_webhooks() if w.webhook_id == webhook_id]


events = ["model_version_alias.created", "registered_model.created"]
made = client.create_webhook("from-python", url, events, description="says", secret=SECRET)
said = {"listed": mine(made.webhook_id), "all": sorted(w.name for w in client.list_webhooks())}
tried = client.test_webhook(made.webhook_id)
said["tried"] = [tried.success, tried.response_status]
client.create_registered_model("from python")
with arrived:
    said["arrived"] = arrived.wait_for(lambda: len(received) == 2, timeout=60)
changed = client.update_webhook(made.webhook_id, status="DISABLED", name="renamed")
said["updated"] = [str(changed.status), changed.name]
client.create_registered_model("not told")
client.delete_webhook(made.webhook_id)
said["left"] = mine(made.webhook_id)
said["received"] = received
print(json.dumps(said))
