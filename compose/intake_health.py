"""Exit status 0 if somebody listens for every feed that runs here and is sent to us."""

import socket
import sys

from feeds.registry import load_enabled, resolve
from riskmap.settings import variables_of

variables = variables_of()
for contract in load_enabled(variables).values():
    if contract.connector["transport"] in ("tcp", "http_push"):
        port = int(str(resolve(contract.location, variables)).rpartition(":")[2])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError as error:
            sys.exit(f"nobody listens for {contract.id} at port {port}: {error}")
