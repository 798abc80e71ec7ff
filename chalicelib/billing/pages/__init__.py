"""Billing's pages: invoices, payments, debts."""

from chalicelib.billing.pages import debts, invoices, payments
from chalicelib.billing.pages.base import doors

__all__ = ("debts", "doors", "invoices", "payments")
