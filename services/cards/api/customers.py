"""Cards over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.cards.api.card_bodies import (
    AssignmentBody,
    CustomerBody,
    ErasureBody,
    MarksBody,
    RevisedBasicsBody,
    TermsBody,
)
