"""The demo's source systems 模拟: a synthetic county that speaks the real wire formats (docs/simulator.md)."""
