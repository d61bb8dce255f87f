"""What others know about what is locked: published holes, and whether the bill of materials is one. With tools in an environment of their own."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

LOCK = "requirements-supply.lock"
_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(wrong) if wrong else 0)
"""


def tools(root: Path) -> Path:
    """The folder of the tools' programs; made, and made anew when their lock has changed."""
    home = root / "build" / "supply-env"
    mark = home / "installed.lock"
    wanted = (root / LOCK).read_text()
    if not mark.exists() or mark.read_text() != wanted:
        venv.create(home, with_pip=True, clear=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "-r", str(root / LOCK)], check=True)
        mark.write_text(wanted)
    return home / "bin"


def holes(root: Path, programs: Path) -> Iterator[tuple[str, str]]:
    """Lock and what pip-audit says to it, of each lock that it says something to. A package that it could not look up counts."""
    for lock in sorted(root.glob("requirements*.lock")):
        command = [str(programs / "pip-audit"), "-r", str(lock), "--require-hashes", "--disable-pip", "--progress-spinner=off"]
        # Without it what was not found would pass as having no hole.
        done = subprocess.run([*command, "--strict"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            yield lock.name, (done.stdout + done.stderr).strip()


def malformed(bill: Path, programs: Path) -> str:
    """What is wrong with a bill of materials by CycloneDX's own schema; empty when nothing is."""
    done = subprocess.run([str(programs / "python"), "-c", _VALIDATE, str(bill)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stderr.strip() or "it could not be checked")


def look(root: Path, bill: Path) -> bool:
    """Say what was found; whether it was nothing."""
    programs = tools(root)
    wrong = malformed(bill, programs)
    sys.stdout.write(f"{bill.name}: {wrong or 'as the schema of CycloneDX 1.6 wants it'}\n")
    found = list(holes(root, programs))
    for lock, said in found:
        sys.stdout.write(f"{lock}: {said}\n")
    sys.stdout.write(f"{len(list(root.glob('requirements*.lock')))} locks looked up, {len(found)} with something to look at\n")
    return not (wrong or found)
