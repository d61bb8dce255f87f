"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FolderOption = Annotated[Path, typer.Option("--folder", envvar="REGULARS_FOLDER", help="Folder of the local installation.")]
HERE = Path(".regulars")
