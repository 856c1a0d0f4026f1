"""Who is who: oneself, colleagues, and for those who lead the desk the accounts."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from bot.desk import schemas
from bot.desk.access import Lead, Staff
from bot.desk.accounts import Account, AccountError
from bot.desk.errors import DeskRefusal, documented
from bot.desk.services import Desk, Parts

router = APIRouter(prefix="/desk/api", tags=["desk"])


@router.get("/me", response_model=schemas.Me)
def me(person: Staff) -> schemas.Me:
    """Whoever is signed in."""
    account = person.account
    return schemas.Me(
        **_fields(account), name=account.name, language=account.language, sound=account.sound, csrf=person.csrf
    )


@router.patch("/me", status_code=204)
def change_me(body: schemas.MeIn, person: Staff, parts: Parts) -> Response:
    """Set one's own language and the name that patients see."""
    values = body.dict(exclude_none=True)
    if values:
        parts.accounts.change(person.account.id, **values)
    return Response(status_code=204)


@router.get("/staff", response_model=list[schemas.Person])
def staff(person: Staff, parts: Parts) -> list[schemas.Person]:
    """The colleagues to whom a ticket can be handed."""
    return [schemas.Person(**_fields(account)) for account in parts.accounts.all() if account.disabled_at is None]


@router.get("/accounts", response_model=list[schemas.AccountOut])
def accounts(person: Lead, parts: Parts) -> list[schemas.AccountOut]:
    """Every account."""
    return [schemas.AccountOut.of(account) for account in parts.accounts.all()]


@router.post("/accounts", response_model=schemas.Link, status_code=201, responses=documented("taken", "name"))
def add(body: schemas.AccountIn, person: Lead, parts: Parts) -> schemas.Link:
    """A new account; the one-time link with which its password is chosen."""
    try:
        account = parts.accounts.add(body.name, body.role, body.display_name)
    except AccountError as error:
        raise DeskRefusal(error.code) from error
    parts.audit.record(person.account.id, "account_add", detail={"name": account.name, "role": account.role})
    return schemas.Link(link=f"/desk/link/{parts.accounts.invite(account.id)}")


@router.patch("/accounts/{account}", status_code=204, responses=documented("no_account"))
def change(account: str, body: schemas.AccountChange, person: Lead, parts: Parts) -> Response:
    """Change somebody's role, or shut them out or let them in again."""
    found = _account(parts, account)
    if body.role is not None:
        parts.accounts.change(account, role=body.role)
    if body.disabled is not None:
        parts.accounts.disable(account, body.disabled)
    parts.audit.record(person.account.id, "account_change", detail={"name": found.name, **body.dict(exclude_none=True)})
    return Response(status_code=204)


@router.post("/accounts/{account}/link", response_model=schemas.Link, responses=documented("no_account"))
def link(account: str, person: Lead, parts: Parts) -> schemas.Link:
    """A new one-time link for somebody."""
    found = _account(parts, account)
    parts.audit.record(person.account.id, "account_link", detail={"name": found.name})
    return schemas.Link(link=f"/desk/link/{parts.accounts.invite(account)}")


@router.delete("/accounts/{account}/sessions", status_code=204, responses=documented("no_account"))
def sign_out(account: str, person: Lead, parts: Parts) -> Response:
    """Sign somebody out everywhere."""
    found = _account(parts, account)
    parts.sessions.end_all(account)
    parts.audit.record(person.account.id, "account_sign_out", detail={"name": found.name})
    return Response(status_code=204)


def _account(parts: Desk, account_id: str) -> Account:
    found = parts.accounts.account(account_id)
    if found is None:
        raise DeskRefusal("no_account")
    return found


def _fields(account: Account) -> dict[str, str]:
    return {"id": account.id, "display_name": account.display_name, "role": account.role}
