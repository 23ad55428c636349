"""RiskMap 一张图: ingest, build, replay, the command line and the embedded stack."""
