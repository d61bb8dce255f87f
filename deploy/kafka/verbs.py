"""`regulars topics`, `regulars rights`: what an administrator of the broker makes for us."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.kafka.access import kafka_at
from deploy.kafka.acls import set_rights
from deploy.kafka.rights import ADMIN, as_commands, rights
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption
from shared.contracts.cursor import PARTS
from shared.kafka.admin import create_topics
from shared.kafka.settings import KafkaSettings, read_password

BootstrapOption = Annotated[str | None, typer.Option("--bootstrap", envvar="KAFKA_BOOTSTRAP_SERVERS", help="The broker.")]
UserOption = Annotated[
    str | None, typer.Option("--user", envvar="KAFKA_USER", help="Principal, over TLS with SCRAM-SHA-512; none otherwise.")
]
PasswordOption = Annotated[Path | None, typer.Option("--password-file", envvar="KAFKA_PASSWORD_FILE")]
AuthorityOption = Annotated[str | None, typer.Option("--ca-file", envvar="KAFKA_CA_FILE", help="The machine's own otherwise.")]
ReplicationOption = Annotated[int, typer.Option(help="Copies of each partition: 3 in production.")]

console = Console()


def settings_from(bootstrap: str, user: str | None, password_file: Path | None, ca_file: str | None) -> KafkaSettings:
    """Raises PasswordRefused."""
    if user is None:
        return KafkaSettings(bootstrap)
    if password_file is None:
        raise typer.BadParameter("--user needs --password-file")
    return KafkaSettings(bootstrap, security="SASL_SSL", user=user, password=read_password(password_file), ca_file=ca_file)


def topics_verb(
    folder: FolderOption = HERE,
    bootstrap: BootstrapOption = None,
    user: UserOption = None,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    replication: ReplicationOption = 1,
) -> None:
    """Create the topics that are missing and check those that are there."""
    found = _administered(folder, bootstrap, user, password_file, ca_file)
    asyncio.run(create_topics(replace(found, replication=replication), PARTS))
    console.print("topics are as they should be")


def rights_verb(
    folder: FolderOption = HERE,
    bootstrap: BootstrapOption = None,
    user: UserOption = None,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    show: Annotated[bool, typer.Option("--show", help="Only print the commands of Kafka's own tool.")] = False,
) -> None:
    """Give the principals of the services the rights on the broker that they need, and take away all others that they have."""
    if show:
        for command in as_commands(bootstrap or "<broker>"):
            print(command)
        return
    given, taken = asyncio.run(set_rights(_administered(folder, bootstrap, user, password_file, ca_file), rights()))
    console.print(f"{len(rights())} rights; {given} were given, {taken} taken away", highlight=False)


def _administered(
    folder: Path, bootstrap: str | None, user: str | None, password_file: Path | None, ca_file: str | None
) -> KafkaSettings:
    if bootstrap is not None:
        return settings_from(bootstrap, user, password_file, ca_file)
    found = kafka_at(Folder(folder).read_endpoints(), ADMIN)
    if found is None:
        raise typer.BadParameter("the installation runs without Kafka; name a broker with --bootstrap")
    return found


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command("topics")(topics_verb)
    app.command("rights")(rights_verb)
