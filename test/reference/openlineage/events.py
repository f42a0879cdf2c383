"""Reads OpenLineage events, a JSON list on standard input, into the classes that the OpenLineage project generates from its
JSON schema: every field they hold must be one of the schema's, what it requires must be there and of its type and format, and
what they write must be what was read. Prints OK, or says what does not fit and exits 1."""

import json
import sys

import attr
from openlineage.client.generated import base
from openlineage.client.generated.dataset_version_dataset import DatasetVersionDatasetFacet
from openlineage.client.serde import Serde

# Facets of the standard by the name under which a dataset holds them; a producer's own are any facet
DATASET_FACETS = {"version": DatasetVersionDatasetFacet}


def facet(known: type, general: type, value: dict) -> base.BaseFacet:
    kind = known or general
    own = {f.alias for f in attr.fields(kind) if f.init}
    rest = {k: v for k, v in value.items() if not k.startswith("_")}
    if known is not None:
        made = kind(**rest)
        if value["_schemaURL"] != made._get_schema():
            raise ValueError(f"{value['_schemaURL']} is not {made._get_schema()}")
    else:
        made = kind(**{k: v for k, v in rest.items() if k in own}).with_additional_properties(**rest)
        made._schemaURL = value["_schemaURL"]
    made._producer = value["_producer"]
    return made


def dataset(kind: type, value: dict) -> base.Dataset:
    facets = {k: facet(DATASET_FACETS.get(k), base.DatasetFacet, v) for k, v in value.pop("facets", {}).items()}
    return kind(**value, facets=facets)


def event(value: dict) -> base.RunEvent:
    if value.pop("schemaURL") != base.RunEvent._get_schema():
        raise ValueError("it is not of this schema")
    run = value.pop("run")
    facets = {k: facet(None, base.RunFacet, v) for k, v in run.pop("facets", {}).items()}
    return base.RunEvent(
        **{
            **value,
            "eventType": base.EventType(value["eventType"]),
            "run": base.Run(**run, facets=facets),
            "job": base.Job(**value["job"]),
            "inputs": [dataset(base.InputDataset, d) for d in value["inputs"]],
            "outputs": [dataset(base.OutputDataset, d) for d in value["outputs"]],
        }
    )


def bare(value: object) -> object:
    """Without what is empty: the classes write their empty parts."""
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if v not in ({}, [])}
    return [bare(v) for v in value] if isinstance(value, list) else value


def typed(kind: object, at: str) -> None:
    for field in attr.fields(type(kind)):
        value = getattr(kind, field.name)
        if field.type == "str" and not isinstance(value, str):
            raise TypeError(f"{at}.{field.name} is {value!r}, no text")
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        for inner in parts:
            if attr.has(type(inner)):
                typed(inner, f"{at}.{field.name}")


given = json.load(sys.stdin)
for i, one in enumerate(given):
    read = event(json.loads(json.dumps(one)))
    typed(read, f"event {i}")
    written = json.loads(Serde.to_json(read))
    if bare(written) != bare(one):
        sys.exit(f"event {i} is written as {json.dumps(bare(written))}")
print("OK")
