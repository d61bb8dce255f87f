"""What schemathesis is told besides the document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_TAKEN = ["2xx", "304", "400", "401", "403", "404", "409", "410", "412", "413", "422", "428", "429", "503"]
_REFUSED = ["400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "428", "429", "503"]


def written(file: Path, document: Mapping[str, Any], known: Mapping[str, Sequence[str]], turn: int) -> Path:
    """The settings of a run, at this place. `known` values are used half of the time where a parameter is called so."""
    lines = [
        "continue-on-failure = true",
        "request-timeout = 40",
        "max-stream-events = 1",
        f"generation.max-examples = {12 if turn == 0 else 25}",
        "generation.no-shrink = true",
        'generation.database = ":memory:"',
        "phases.examples.enabled = true",
        "phases.coverage.enabled = true",
        "phases.fuzzing.enabled = true",
        "phases.stateful.enabled = true",
        # A document says what form a value has; what it must fit beside (days in order, numbers that exist) only the service knows.
        f"checks.positive_data_acceptance.expected-statuses = {json.dumps(_TAKEN)}",
        f"checks.negative_data_rejection.expected-statuses = {json.dumps(_REFUSED)}",
        f"checks.missing_required_header.expected-statuses = {json.dumps(_REFUSED)}",
    ]
    for name, values in known.items():
        lines.append(f"dictionaries.{name}.values = {json.dumps(list(values))}")
        lines.append(f'parameters."path.{name}" = {{ dictionary = "{name}", probability = 0.6 }}')
        lines.append(f'parameters."query.{name}" = {{ dictionary = "{name}", probability = 0.6 }}')
    # Lines of JSON are nothing that it can write; `make bytefuzz` and the tests of imports send them.
    lines.append('[[operations]]\ninclude-path = "/v1/imports"\ninclude-method = "POST"\nenabled = false')
    for path in _under_two_names(document):
        # `/things/bulk` is an address of `/things/{id}` too: what is asked there by another method is answered by that one.
        quiet = "checks.unsupported_method.enabled = false\nchecks.allow_header_conformance.enabled = false"
        lines.append(f"[[operations]]\ninclude-path = {json.dumps(path)}\n{quiet}")
    file.write_text("\n".join(line for line in lines if line) + "\n")
    return file


def _under_two_names(document: Mapping[str, Any]) -> list[str]:
    templates = {
        path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")))
        for path in document["paths"]
    }
    return [path for path in templates if any(other != path and pattern.fullmatch(path) for other, pattern in templates.items())]
