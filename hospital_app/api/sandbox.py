"""For load tests: accounts in bulk. 404 unless sandboxes are configured."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body
from hospital_app.domain.authority import Right
from hospital_app.flows import sandbox

router = APIRouter(prefix="/sandbox", tags=["sandbox"], include_in_schema=False)


class Count(Body):
    count: Annotated[int, Field(ge=1, le=5000)]


class Account(Answer):
    token: str
    account_id: int
    patient_id: int
    phone: str


@router.post("/accounts", status_code=201)
@allows(Right.USE_SANDBOX)
def accounts(wanted: Count) -> list[Account]:
    return [Account.model_validate(made) for made in sandbox.accounts(count=wanted.count)]
