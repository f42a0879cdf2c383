"""CycloneDX's own JSON validator with its official schema. Usage: bom.py FILE. Prints OK, or what is wrong."""
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(Path(sys.argv[1]).read_text(encoding="utf-8"))
print("OK" if fault is None else fault)
