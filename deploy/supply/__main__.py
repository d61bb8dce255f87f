"""python -m deploy.supply: write docs/dependencies.md and build/sbom.json; with `look`, ask what is known about all of it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from deploy.supply.components import components
from deploy.supply.documents import bill, page
from deploy.supply.looking import look

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    found = components(ROOT)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (ROOT / "docs" / "dependencies.md").write_text(page(found))
    sbom = ROOT / "build" / "sbom.json"
    sbom.parent.mkdir(exist_ok=True)
    sbom.write_text(bill(found, project["name"], project["version"]))
    jars = sum(one.kind == "jar" for one in found)
    sys.stdout.write(f"{len(found) - jars} packages and {jars} jars in docs/dependencies.md and build/sbom.json\n")
    return 0 if arguments != ["look"] or look(ROOT, sbom) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
