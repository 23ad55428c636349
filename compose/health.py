"""Exit status 0 if Airflow calls the named part healthy. Standard library only, so that it is quick."""

import json
import sys
import urllib.request

with urllib.request.urlopen("http://airflow-api-server:8080/api/v2/monitor/health", timeout=8) as answer:
    status = json.load(answer).get(sys.argv[1], {}).get("status")
sys.exit(0 if status == "healthy" else f"{sys.argv[1]} is {status}")
