"""Rights set on a broker: what is missing is given, what is too much is taken away."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import NoError, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from deploy.kafka.rights import PRINCIPALS, Right
from shared.kafka.settings import KafkaSettings

# Numbers of Kafka's protocol.
_ANY, _ALLOW, _LITERAL = 1, 3, 3
_KINDS = {"topic": 2, "group": 3}
_OPERATIONS = {"READ": 3, "WRITE": 4}

_Binding = tuple[int, str, int, str, str, int, int]
"""Kind, name, kind of pattern, principal, host, operation, permission: as they stand in requests and answers."""


class RightsRefused(Exception):
    """The broker does not let us see or set rights, or keeps none at all."""


async def set_rights(settings: KafkaSettings, wanted: Collection[Right]) -> tuple[int, int]:
    """Bring the rights of our principals to exactly these; those of others stay. How many were given, how many taken away.

    Raises RightsRefused.
    """
    admin = AIOKafkaAdminClient(**settings.connection(), client_id="regulars-rights")
    await admin.start()
    try:
        there = {binding for principal in PRINCIPALS for binding in await _of(admin, f"User:{principal}")}
        due = {_binding(right) for right in wanted}
        for binding in sorted(due - there):
            [(code, said)] = (await admin._send_to_controller(CreateAclsRequest(*binding))).creation_responses
            _check(code, said)
        for binding in sorted(there - due):
            [(code, said, _)] = (await admin._send_to_controller(DeleteAclsRequest(*binding))).filter_responses
            _check(code, said)
        return len(due - there), len(there - due)
    finally:
        await admin.close()


async def _of(admin: AIOKafkaAdminClient, principal: str) -> list[_Binding]:
    found = await admin._send_request(DescribeAclsRequest(_ANY, None, _ANY, principal, None, _ANY, _ANY))
    _check(found.error_code, found.error_message)
    return [(kind, name, pattern, *acl) for kind, name, pattern, acls in found.resources for acl in acls]


def _binding(right: Right) -> _Binding:
    return (_KINDS[right.kind], right.name, _LITERAL, f"User:{right.principal}", "*", _OPERATIONS[right.operation], _ALLOW)


def _check(code: int, said: Any) -> None:
    error = for_code(code)
    if error is not NoError:
        raise RightsRefused(f"{error.__name__}: {said or 'the broker says nothing more'}")
