"""`python -m assay_trainers.extract --family F --out DIR`: the family's real rows as CSV, and extract.json."""

import argparse
import csv
import gzip
import json
import sys
from datetime import datetime
from pathlib import Path

from .sources import BIKES, DIGITS, OPEN_BANDIT, ORANGE_JUICE, Source, SourceError

CAMPAIGNS = ("all", "men", "women")
POLICIES = ("bts", "random")
USER_FEATURES = [f"user_feature_{i}" for i in range(4)]
ITEM_FEATURES = [f"item_feature_{i}" for i in range(4)]


def codes(values: set[str]) -> dict[str, int]:
    """Hashed categories to small ints, in the order of their text."""
    return {value: code for code, value in enumerate(sorted(values))}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def open_bandit(out: Path) -> int:
    logs = {
        (campaign, policy): read(OPEN_BANDIT.path(f"dataset/obd/{policy}/{campaign}/{campaign}.csv"))
        for campaign in CAMPAIGNS
        for policy in POLICIES
    }
    items = {c: read(OPEN_BANDIT.path(f"dataset/obd/bts/{c}/item_context.csv")) for c in CAMPAIGNS}
    user_codes = {f: codes({row[f] for log in logs.values() for row in log}) for f in USER_FEATURES}
    item_codes = {f: codes({row[f] for rows in items.values() for row in rows}) for f in ITEM_FEATURES[1:]}
    rows = [
        impression(campaign, policy, row, user_codes) for (campaign, policy), log in logs.items() for row in log
    ]
    rows.sort(key=lambda row: row[2])
    header = ["campaign", "policy", "at_ms", "item_id", "position", "click", "propensity", *USER_FEATURES, "affinity"]
    write(out / "impressions.csv", header, rows)
    write(
        out / "items.csv",
        ["campaign", "item_id", *ITEM_FEATURES],
        [
            [c, row["item_id"], row["item_feature_0"], *(item_codes[f][row[f]] for f in ITEM_FEATURES[1:])]
            for c in CAMPAIGNS
            for row in items[c]
        ],
    )
    return len(rows)


def impression(campaign: str, policy: str, row: dict[str, str], user_codes: dict[str, dict[str, int]]) -> list[object]:
    affinity = ";".join(
        f"{name.rsplit('_', 1)[1]}:{int(float(value))}"
        for name, value in row.items()
        if name.startswith("user-item_affinity_") and value not in ("0.0", "0", "")
    )
    at_ms = int(datetime.fromisoformat(row["timestamp"]).timestamp() * 1000)
    users = [user_codes[f][row[f]] for f in USER_FEATURES]
    return [campaign, policy, at_ms, row["item_id"], row["position"], row["click"], row["propensity_score"], *users, affinity]


def bikes(out: Path) -> int:
    names = ["dteday", "mnth", "holiday", "weekday", "workingday", "weathersit", "temp", "hum", "windspeed", "cnt"]
    header = ["date", "month", "holiday", "weekday", "workingday", "weather", "temperature", "humidity", "wind_speed", "count"]
    rows = [[row[n] for n in names] for row in read(BIKES.path("datasets/bike_sharing_daily.csv"))]
    write(out / "days.csv", header, rows)
    return len(rows)


def orange_juice(out: Path) -> int:
    names = ["WeekofPurchase", "StoreID", "SalePriceCH", "SalePriceMM", "PctDiscCH", "PctDiscMM", "LoyalCH", "SpecialCH", "PriceCH"]
    header = ["week", "store", "price", "competitor_price", "discount", "competitor_discount", "loyalty", "special", "list_price", "bought"]
    source = read(ORANGE_JUICE.path("data/OJ.csv"))
    rows = [[*(row[n] for n in names), int(row["Purchase"] == "CH")] for row in source]
    rows.sort(key=lambda row: int(row[0]))
    write(out / "occasions.csv", header, rows)
    return len(rows)


def digits(out: Path) -> int:
    with gzip.open(DIGITS.path("datasets/data/digits.csv.gz"), "rt", encoding="utf-8") as file:
        rows = [[int(float(cell)) for cell in row] for row in csv.reader(file)]
    write(out / "images.csv", [*(f"px{i}" for i in range(64)), "label"], rows)
    return len(rows)


FAMILIES = {
    "ranking": (open_bandit, OPEN_BANDIT),
    "bidding": (open_bandit, OPEN_BANDIT),
    "forecasting": (bikes, BIKES),
    "pricing": (orange_juice, ORANGE_JUICE),
    "vision": (digits, DIGITS),
}


def describe(family: str, source: Source, rows: int) -> dict[str, object]:
    return {
        "version": 1,
        "family": family,
        "source": f"{source.package} {source.version}",
        "licence": source.licence,
        "files": source.files,
        "rows": rows,
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--family", required=True, choices=sorted(FAMILIES))
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    extract, source = FAMILIES[args.family]
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        rows = extract(args.out)
    except SourceError as error:
        print(json.dumps({"refused": "SNAPSHOT_INVALID", "message": str(error)}))
        return 3
    (args.out / "extract.json").write_text(json.dumps(describe(args.family, source, rows), indent=1) + "\n")
    print(json.dumps({"progress": 1, "message": f"{rows} real rows of {source.package} {source.version}"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
