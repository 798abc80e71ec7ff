"""Where an order is, and who may do what to it then (domain §5.1). Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from chalicelib.kernel.errors import Refused


class State(StrEnum):
    """Where an order is. From `CONFIRMED` on it is derived from the lines (`derived_state`)."""

    DRAFT = "draft"  # the cart
    SUBMITTED = "submitted"  # on moderation
    AWAITING_DEALER = "awaiting_dealer"
    CONFIRMED = "confirmed"
    IN_PRODUCTION = "in_production"
    READY = "ready"
    SHIPPING = "shipping"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (State.COMPLETED, State.CANCELLED)

    @property
    def is_confirmed(self) -> bool:
        """Binding for both sides: invoiced and known, or about to be known, to the ERP."""
        return self in _CONFIRMED


_CONFIRMED = (State.CONFIRMED, State.IN_PRODUCTION, State.READY, State.SHIPPING, State.COMPLETED)
UNCONFIRMED = (State.SUBMITTED, State.AWAITING_DEALER)
BEFORE_PRODUCTION = (State.SUBMITTED, State.AWAITING_DEALER, State.CONFIRMED)
_BEFORE_SHIPPING = (*BEFORE_PRODUCTION, State.IN_PRODUCTION, State.READY)


class Side(StrEnum):
    """Who did something."""

    DEALER = "dealer"
    STAFF = "staff"
    ERP = "erp"


class Act(StrEnum):
    """What can be done to an order."""

    PLACE = "place"
    CONFIRM = "confirm"
    ASK = "ask"  # the manager asks, or changes lines: the dealer answers
    ACCEPT = "accept"
    DECLINE = "decline"
    EDIT = "edit"
    CANCEL = "cancel"
    EXTEND = "extend"  # the reserve is prolonged
    RECEIVE = "receive"  # what was on its way has arrived
    FOLLOW = "follow"  # the ERP's documents: lines move on, the state is derived


# (act, side) → in which states it may be done (domain §5.1).
ALLOWED: Mapping[tuple[Act, Side], tuple[State, ...]] = {
    (Act.PLACE, Side.DEALER): (State.DRAFT,),
    (Act.CONFIRM, Side.STAFF): (State.SUBMITTED,),
    (Act.ASK, Side.STAFF): (State.SUBMITTED,),
    (Act.EDIT, Side.STAFF): (State.SUBMITTED, State.AWAITING_DEALER),
    (Act.ACCEPT, Side.DEALER): (State.AWAITING_DEALER,),
    (Act.DECLINE, Side.DEALER): (State.AWAITING_DEALER,),
    (Act.EDIT, Side.DEALER): (State.SUBMITTED, State.AWAITING_DEALER),
    (Act.CANCEL, Side.DEALER): BEFORE_PRODUCTION,
    (Act.CANCEL, Side.STAFF): _BEFORE_SHIPPING,
    (Act.EXTEND, Side.DEALER): UNCONFIRMED,
    (Act.EXTEND, Side.STAFF): UNCONFIRMED,
    (Act.RECEIVE, Side.DEALER): (State.SHIPPING,),
    (Act.FOLLOW, Side.ERP): _CONFIRMED,  # a completed one too: the dealer's "received" may come before its documents
}

_RESULT: Mapping[tuple[Act, Side], State] = {
    (Act.PLACE, Side.DEALER): State.SUBMITTED,
    (Act.CONFIRM, Side.STAFF): State.CONFIRMED,
    (Act.ASK, Side.STAFF): State.AWAITING_DEALER,
    (Act.EDIT, Side.STAFF): State.AWAITING_DEALER,
    (Act.ACCEPT, Side.DEALER): State.SUBMITTED,
    (Act.DECLINE, Side.DEALER): State.SUBMITTED,
    (Act.EDIT, Side.DEALER): State.SUBMITTED,
    (Act.CANCEL, Side.DEALER): State.CANCELLED,
    (Act.CANCEL, Side.STAFF): State.CANCELLED,
}


def may(state: State, act: Act, side: Side) -> bool:
    return state in ALLOWED.get((act, side), ())


def after(state: State, act: Act, side: Side) -> State:
    """The state that the act leads to; Refused("order_state") if it may not be done now.

    `EXTEND` leaves it as it is, `RECEIVE` and `FOLLOW` leave the state to `derived_state`.
    """
    if not may(state, act, side):
        raise Refused("order_state", state=str(state), act=str(act))
    return _RESULT.get((act, side), state)
