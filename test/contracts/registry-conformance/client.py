"""What MlflowClient answers, call by call. Usage: client.py URL"""
import sys
import tempfile
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from recorder import Recorder

record = Recorder()
client = MlflowClient(sys.argv[1], sys.argv[1])


def experiments():
    made = client.create_experiment("by client", tags={"a": "b"})
    record("create_experiment", lambda: {"experiment_id": made})
    record("create_experiment twice", lambda: client.create_experiment("by client"))
    record("get_experiment", lambda: client.get_experiment(made))
    record("get_experiment_by_name", lambda: client.get_experiment_by_name("by client"))
    record("get_experiment_by_name of none", lambda: client.get_experiment_by_name("nobody"))
    record("set_experiment_tag", lambda: client.set_experiment_tag(made, "c", "d"))
    record("rename_experiment", lambda: client.rename_experiment(made, "by client, renamed"))
    record("search_experiments", lambda: client.search_experiments(filter_string="name LIKE 'by client%' AND tags.c = 'd'"))
    record("delete_experiment", lambda: client.delete_experiment(made))
    record("search deleted", lambda: client.search_experiments(ViewType.DELETED_ONLY, filter_string="name LIKE 'by client%'"))
    record("restore_experiment", lambda: client.restore_experiment(made))
    return made


def runs(experiment):
    run = record("create_run", lambda: client.create_run(experiment, start_time=5, tags={"t": "1"}, run_name="one"))
    run_id = run.info.run_id
    record("log_metric", lambda: client.log_metric(run_id, "loss", 0.5, timestamp=7, step=2))
    record("log_metric NaN", lambda: client.log_metric(run_id, "nan", float("nan"), timestamp=7))
    record("log_metric inf", lambda: client.log_metric(run_id, "inf", float("inf"), timestamp=7))
    record("log_metric far", lambda: client.log_metric(run_id, "far", 1.0, timestamp=2**62, step=-(2**62)))
    record("log_param", lambda: client.log_param(run_id, "depth", 3))
    record("log_param changed", lambda: client.log_param(run_id, "depth", 4))
    record("log_param too long", lambda: client.log_param(run_id, "long", "é" * 7000))
    record("set_tag", lambda: client.set_tag(run_id, "note", "hello"))
    record("delete_tag", lambda: client.delete_tag(run_id, "note"))
    record("delete_tag again", lambda: client.delete_tag(run_id, "note"))
    metrics = [Metric("many", float(i), i, i) for i in range(2500)]
    params = [Param(f"p{i}", str(i)) for i in range(150)]
    record("log_batch of more than fits", lambda: client.log_batch(run_id, metrics, params, [RunTag("b", "c")]))
    record("get_metric_history", lambda: [len(client.get_metric_history(run_id, "many")), client.get_metric_history(run_id, "many")[-1]])
    dataset = Dataset("sales", "abc", "local", "{}", schema="{}", profile="{}")
    record("log_inputs", lambda: client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "train")])]))
    record("update_run", lambda: client.update_run(run_id, status="FAILED", name="two"))
    record("set_terminated", lambda: client.set_terminated(run_id, "FINISHED", end_time=99))
    record("get_run", lambda: client.get_run(run_id))
    record("get_run of none", lambda: client.get_run("f" * 32))
    record("search_runs", lambda: client.search_runs([experiment], "metrics.loss < 1 AND params.depth = '3'", order_by=["metrics.loss DESC"]))
    record("search_runs by dataset", lambda: len(client.search_runs([experiment], "dataset.name = 'sales'")))
    record("search_runs of nonsense", lambda: client.search_runs([experiment], "metrics.loss ~ 1"))
    record("delete_run", lambda: client.delete_run(run_id))
    record("search_runs after delete", lambda: len(client.search_runs([experiment])))
    record("restore_run", lambda: client.restore_run(run_id))
    return run_id


def artifacts(run_id):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "sub" / "deeper").mkdir(parents=True)
        (path / "sub" / "deeper" / "größe.txt").write_text("wide")
        (path / "sub" / "empty").write_text("")
        (path / "one.json").write_text('{"a": 1}')
        record("log_artifact", lambda: client.log_artifact(run_id, str(path / "one.json")))
        record("log_artifacts", lambda: client.log_artifacts(run_id, str(path / "sub"), "folder"))
        record("log_dict", lambda: client.log_dict(run_id, {"k": [1, 2]}, "made/d.json"))
        record("log_text", lambda: client.log_text(run_id, "text", "made/t.txt"))
        for where in (None, "folder", "folder/deeper", "one.json", "none"):
            record(f"list_artifacts {where}", lambda: client.list_artifacts(run_id, where))
        got = Path(record("download_artifacts", lambda: client.download_artifacts(run_id, "", folder) and "done") and folder)
        record("downloaded", lambda: sorted((str(p.relative_to(got)), p.read_text()) for p in got.rglob("*") if p.is_file()))
        record("download of none", lambda: client.download_artifacts(run_id, "none", folder))


def models(run_id):
    source = f"runs:/{run_id}/folder"
    record("create_registered_model", lambda: client.create_registered_model("client model", {"a": "b"}, "says"))
    record("create_registered_model twice", lambda: client.create_registered_model("client model"))
    record("create_registered_model of bad name", lambda: client.create_registered_model("a/b"))
    record("create_model_version", lambda: client.create_model_version("client model", source, run_id, {"v": "1"}, description="d"))
    record("create_model_version again", lambda: client.create_model_version("client model", source, run_id))
    record("get_model_version", lambda: client.get_model_version("client model", "1"))
    record("get_model_version of none", lambda: client.get_model_version("client model", "9"))
    record("get_model_version_download_uri", lambda: client.get_model_version_download_uri("client model", "1"))
    record("update_model_version", lambda: client.update_model_version("client model", "1", "new"))
    record("update_registered_model", lambda: client.update_registered_model("client model", "new"))
    record("set_model_version_tag", lambda: client.set_model_version_tag("client model", "1", "x", "y"))
    record("set_registered_model_tag", lambda: client.set_registered_model_tag("client model", "x", "y"))
    record("delete_model_version_tag", lambda: client.delete_model_version_tag("client model", "1", "x"))
    record("delete_registered_model_tag", lambda: client.delete_registered_model_tag("client model", "x"))
    record("set_registered_model_alias", lambda: client.set_registered_model_alias("client model", "best", "2"))
    record("set alias latest", lambda: client.set_registered_model_alias("client model", "latest", "2"))
    record("get_model_version_by_alias", lambda: client.get_model_version_by_alias("client model", "best"))
    record("get by unknown alias", lambda: client.get_model_version_by_alias("client model", "worst"))
    record("transition_model_version_stage", lambda: client.transition_model_version_stage("client model", "1", "Staging"))
    record("get_latest_versions", lambda: client.get_latest_versions("client model", ["Staging", "None"]))
    record("get_registered_model", lambda: client.get_registered_model("client model"))
    record("search_registered_models", lambda: client.search_registered_models("name = 'client model'"))
    record("search_model_versions", lambda: client.search_model_versions("name = 'client model'", order_by=["version_number ASC"]))
    record("copy_model_version", lambda: client.copy_model_version("models:/client model/1", "client copy"))
    record("copy by alias", lambda: client.copy_model_version("models:/client model@best", "client copy"))
    record("copied download uri", lambda: client.get_model_version_download_uri("client copy", "1"))
    record("rename_registered_model", lambda: client.rename_registered_model("client model", "client renamed"))
    record("delete_registered_model_alias", lambda: client.delete_registered_model_alias("client renamed", "best"))
    record("delete_model_version", lambda: client.delete_model_version("client renamed", "2"))
    record("after delete", lambda: client.get_registered_model("client renamed"))
    record("delete_registered_model", lambda: client.delete_registered_model("client renamed"))
    record("delete_registered_model again", lambda: client.delete_registered_model("client renamed"))


def webhooks():
    def shown(hook):
        return [hook.name, hook.url, [str(e) for e in hook.events], hook.description, str(hook.status), hook.secret]

    url = "https://hooks.example.com/path"
    events = ["model_version.created", "model_version_alias.deleted"]
    made = client.create_webhook("by-client", url, events, description="d", secret="s")
    record("create_webhook", lambda: shown(made))
    record("create_webhook of bad url", lambda: client.create_webhook("x", "ftp://x", events))
    record("get_webhook", lambda: shown(client.get_webhook(made.webhook_id)))
    record("list_webhooks", lambda: [shown(w) for w in client.list_webhooks()])
    record("update_webhook", lambda: shown(client.update_webhook(made.webhook_id, events=events[:1], status="DISABLED")))
    record("delete_webhook", lambda: client.delete_webhook(made.webhook_id))
    record("get_webhook of none", lambda: client.get_webhook(made.webhook_id))
    record("list_webhooks of none", lambda: client.list_webhooks())


made = experiments()
run = runs(made)
artifacts(run)
models(run)
webhooks()
record.print()
