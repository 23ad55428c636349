"""A second source of a format that is spoken already: the contract of the first, under another id and address."""

from __future__ import annotations

import re

import yaml

from feeds.contract import Contract
from riskmap.errors import UserError
from riskmap.scaffold.request import Request

_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_SHARED = frozenset({"UPLOAD_INBOX", "PUSH_LISTEN"})
"""Addresses of many feeds at once, told apart by what follows them."""


def copy_text(request: Request, model: Contract, text: str) -> str:
    """``text``, the file of ``model``, for the new feed: id, name, address and what must be its own; switched off.

    Raises UserError if the copy would still share the address of its model.
    """
    text = re.sub(r"(?m)^id:.*$", f"id: {request.id}", text, count=1)
    name = request.title or f"{model.name} ({request.id})"
    text = re.sub(
        r"(?m)^name:.*$",
        lambda _: f"name: {yaml.safe_dump(name, allow_unicode=True, width=1000).splitlines()[0]}",
        text,
        count=1,
    )
    text = _readdressed(request, model, text)
    if request.department:
        text = re.sub(
            r"\{property: department, value: [^}]*\}", f"{{property: department, value: {request.department}}}", text
        )
    if request.url is None:  # whoever names no public address has one of his own
        text = re.sub(r"(?m)^(tags: \[.*), public\b", r"\1", text)
    text = re.sub(r"(?m)^ *- \{property: enabled, .*\n", "", text)
    return re.sub(
        r"(?m)^customProperties:.*\n", lambda found: f"{found.group()}  - {{property: enabled, value: false}}\n", text
    )


def _readdressed(request: Request, model: Contract, text: str) -> str:
    addresses = {str(model.connector[part]) for part in ("url", "location", "query_url") if part in model.connector}
    addresses.add(model.location)
    new = text
    for address in sorted(addresses, key=len, reverse=True):
        new = _replaced(address, request, model.id, new)
    new = re.sub(r"client_id: [^,}\s]+", f"client_id: riskmap-{request.id}", new)
    if model.connector["transport"] == "http_push":
        path = str(model.connector.get("path", "/"))
        new = re.sub(rf"(?<=path: ){re.escape(path)}(?=[,}}\s])", f"/{request.id}", new)
        if f"path: /{request.id}" not in new:
            raise UserError(
                f"{model.id} takes pushes at every path", "write the contract by hand, with a path of its own"
            )
    elif new == text or (request.url is None and any(address in new for address in addresses)):
        raise UserError(f"The address of {model.id} cannot be told from the rest", "copy the contract by hand")
    return new


def _replaced(address: str, request: Request, model_id: str, text: str) -> str:
    if request.url:
        return text.replace(address, request.url)
    variables = _VARIABLE.findall(address)
    own = [name for name in variables if name not in _SHARED]
    if own:
        ending = own[0].rpartition("_")[2]
        return text.replace(f"${{{own[0]}}}", f"${{{request.id.upper()}_{ending}}}")
    if variables:
        return text.replace(address, re.sub(r"/[^/]+$", f"/{request.id}", address)) if "/" in address else text
    return text.replace(address, f"${{{request.id.upper()}_URL}}")
