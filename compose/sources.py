"""Writes what init.sh found out about the feeds, a JSON object of variables on stdin, into $RISKMAP_HOME/env.

Every service reads that file, after its own environment. Then says of which feeds no address is known: they will fail,
the others run. Exit status 1 if .env names a feed that there is not.
"""

import json
import sys

from feeds.registry import DEFAULT, ENABLED, load_all, load_enabled, named, resolve
from riskmap.settings import env_text, home_of, read_env, variables_of
from riskmap.stack.memory import write_private

if unknown := named(variables_of(), ENABLED) - set(load_all()):
    sys.exit(f"{ENABLED} names {', '.join(sorted(unknown))}, which is no feed; 'riskmap feeds list' tells the names")
file = home_of() / "env"
known = read_env(file)
known.pop(DEFAULT, None)
write_private(file, env_text({**known, **json.load(sys.stdin)}))

variables = variables_of()
running = load_enabled(variables)
names = ", ".join(running) or f"name some as {ENABLED} in .env"
sys.stdout.write(f"{len(running)} feeds run here: {names}\n")
for contract in running.values():
    try:
        resolve([contract.location, dict(contract.connector)], variables)
    except KeyError as error:
        sys.stderr.write(f"feed {contract.id} will fail: {error.args[0]}\n")
