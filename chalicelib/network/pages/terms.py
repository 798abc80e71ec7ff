"""Forms of legal entities and contracts."""

from __future__ import annotations

from chalicelib.http.formats import Formats
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network.actions import contracts, dealers
from chalicelib.network.actions.reading import Dealer, open_dealer
from chalicelib.network.model import Contract, LegalEntity
from chalicelib.network.pages.base import DEALER, EDIT, Form, contract_options, country_names, doors, form_page


@doors.page(DEALER + "/entities/new", may=EDIT)
def entity_form(request: Request) -> Response:
    dealer = open_dealer(request.db, request.params["party_id"])
    return _entity_form(request, dealer, {"country": dealer.entities[0].country})


@doors.page(DEALER + "/entities/new", may=EDIT, methods=("POST",))
def add_entity(request: Request) -> Response:
    party_id, form = request.params["party_id"], request.form.plain()
    try:
        dealers.add_entity(request.db, request.actor, party_id, form, request.now)
    except Invalid as wrong:
        return _entity_form(request, open_dealer(request.db, party_id), form, wrong)
    return request.go(f"/dealers/{party_id}", notice="entity_added")


@doors.page(DEALER + "/entities/{entity_id}", may=EDIT)
def entity_edit_form(request: Request) -> Response:
    dealer = open_dealer(request.db, request.params["party_id"])
    return _entity_form(request, dealer, _typed_entity(dealer.entity(request.params["entity_id"])))


@doors.page(DEALER + "/entities/{entity_id}", may=EDIT, methods=("POST",))
def change_entity(request: Request) -> Response:
    party_id, form = request.params["party_id"], request.form.plain()
    try:
        dealers.change_entity(request.db, request.actor, party_id, request.params["entity_id"], form, request.now)
    except Invalid as wrong:
        return _entity_form(request, open_dealer(request.db, party_id), form, wrong)
    return request.go(f"/dealers/{party_id}", notice="entity_changed")


def _entity_form(request: Request, dealer: Dealer, form: Form, wrong: Invalid | None = None) -> Response:
    return form_page(
        request,
        "network/entity_form.html",
        form,
        wrong,
        party=dealer.party,
        entity_id=request.params.get("entity_id"),
        countries=country_names(request.locale).items(),
    )


def _typed_entity(entity: LegalEntity) -> Form:
    return {
        "entity_name": entity.name,
        "country": entity.country,
        "tax_id": entity.tax_id,
        "tax_reason": entity.tax_reason,
        "address": entity.address,
        "bank": entity.bank,
        "bank_code": entity.bank_code,
        "account": entity.account,
        "correspondent_account": entity.correspondent_account,
    }


@doors.page(DEALER + "/contracts/new", may=EDIT)
def contract_form(request: Request) -> Response:
    dealer = open_dealer(request.db, request.params["party_id"])
    return _contract_form(request, dealer, {"currency": request.person.currency, "deferral_days": "0"})


@doors.page(DEALER + "/contracts/new", may=EDIT, methods=("POST",))
def add_contract(request: Request) -> Response:
    party_id, form = request.params["party_id"], request.form.plain()
    try:
        contracts.add_contract(
            request.db, request.actor, party_id, form, request.form.all("warehouse"), parse_decimal, request.now
        )
    except Invalid as wrong:
        return _contract_form(request, open_dealer(request.db, party_id), form, wrong)
    return request.go(f"/dealers/{party_id}", notice="contract_added")


@doors.page(DEALER + "/contracts/{contract_id}", may=EDIT)
def contract_edit_form(request: Request) -> Response:
    dealer = open_dealer(request.db, request.params["party_id"])
    contract = dealer.contract(request.params["contract_id"])
    return _contract_form(request, dealer, _typed_contract(contract, request), chosen=contract.warehouse_ids)


@doors.page(DEALER + "/contracts/{contract_id}", may=EDIT, methods=("POST",))
def change_contract(request: Request) -> Response:
    party_id, form = request.params["party_id"], request.form.plain()
    try:
        contracts.change_contract(
            request.db,
            request.actor,
            party_id,
            request.params["contract_id"],
            form,
            request.form.all("warehouse"),
            parse_decimal,
            request.now,
        )
    except Invalid as wrong:
        return _contract_form(request, open_dealer(request.db, party_id), form, wrong)
    return request.go(f"/dealers/{party_id}", notice="contract_changed")


@doors.page(DEALER + "/contracts/{contract_id}/block", may=EDIT, methods=("POST",))
def block_contract(request: Request) -> Response:
    party_id, contract_id = request.params["party_id"], request.params["contract_id"]
    contracts.block_contract(request.db, request.actor, party_id, contract_id, True, request.now)
    return request.go(f"/dealers/{party_id}", notice="contract_blocked")


@doors.page(DEALER + "/contracts/{contract_id}/unblock", may=EDIT, methods=("POST",))
def unblock_contract(request: Request) -> Response:
    party_id, contract_id = request.params["party_id"], request.params["contract_id"]
    contracts.block_contract(request.db, request.actor, party_id, contract_id, False, request.now)
    return request.go(f"/dealers/{party_id}", notice="contract_unblocked")


def _contract_form(
    request: Request, dealer: Dealer, form: Form, wrong: Invalid | None = None, chosen: tuple[str, ...] | None = None
) -> Response:
    contract_id = request.params.get("contract_id")
    return form_page(
        request,
        "network/contract_form.html",
        form,
        wrong,
        party=dealer.party,
        existing=dealer.contract(contract_id) if contract_id else None,
        entities=tuple((entity.id, entity.name) for entity in dealer.entities),
        **contract_options(request, chosen),
    )


def _typed_contract(contract: Contract, request: Request) -> Form:
    limit = contract.credit_limit
    shown = Formats(request.locale, request.time_zone)
    return {
        "number": contract.number,
        "signed": contract.signed.isoformat() if contract.signed else "",
        "price_type": contract.price_type_id,
        "vat": str(contract.vat),
        "credit_limit": "" if limit is None else shown.quantity(limit),
        "deferral_days": str(contract.deferral_days),
        "deferral_months": str(contract.deferral_months),
    }
