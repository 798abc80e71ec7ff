"""Jinja2's environment as pages want it. Only what renders imports this: Jinja takes long to load."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from jinja2 import Environment, Undefined
from jinja2.runtime import Context, Macro
from jinja2.utils import internalcode


class Page(Context):
    """Macros and plain functions are called at once. Jinja first asks each some six questions, to find out whether it
    wants to be given the page as well; a list of fifty rows makes a thousand calls."""

    @internalcode
    def call(
        self, called: Callable[..., Any], /, *args: Any, _block_vars: Any = None, _loop_vars: Any = None, **named: Any
    ) -> Any:
        """As Jinja has it; `_block_vars` and `_loop_vars` are what its compiled templates add to a call."""
        if type(called) is Macro:
            return called(self.eval_ctx, *args, **named)
        function = called.__func__ if type(called) is MethodType else called
        if type(function) is FunctionType and not hasattr(function, "jinja_pass_arg"):
            return called(*args, **named)
        return super().call(called, *args, _block_vars=_block_vars, _loop_vars=_loop_vars, **named)


class Pages(Environment):
    """An unknown name is an error; a dict's missing entry is nothing: a field not typed, an error not made."""

    context_class = Page

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja has it; a page asks some thousands of times, nearly always for what there is."""
        try:
            return getattr(obj, attribute)
        except AttributeError:
            found = super().getattr(obj, attribute)
            return None if isinstance(found, Undefined) and isinstance(obj, dict) else found
