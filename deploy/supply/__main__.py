"""python -m deploy.supply: write docs/dependencies.md and build/sbom.json, and say what is in them."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from deploy.supply.components import components
from deploy.supply.documents import bill, page

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    found = components(ROOT)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (ROOT / "docs" / "dependencies.md").write_text(page(found))
    sbom = ROOT / "build" / "sbom.json"
    sbom.parent.mkdir(exist_ok=True)
    sbom.write_text(bill(found, project["name"], project["version"]))
    jars = sum(one.kind == "jar" for one in found)
    sys.stdout.write(f"{len(found) - jars} packages and {jars} jars in docs/dependencies.md and build/sbom.json\n")


if __name__ == "__main__":
    main()
