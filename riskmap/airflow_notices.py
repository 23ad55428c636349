"""What Airflow knows and the ledger may not: a run that failed, one that takes too long.

It is written down, never sent: `riskmap watch` tells people, grouped with everything else. DAG files import this, so
nothing heavy is imported at the top.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

# The names are there; the stub that Airflow ships for type checkers lacks three of them.
from airflow.sdk import BaseNotifier, DeadlineAlert, DeadlineReference, SyncCallback  # type: ignore[attr-defined]

Kind = Literal["run_failed", "run_overdue"]

_WORDS: Mapping[Kind, tuple[str, str]] = {
    "run_failed": ("{dag} 的运行 {run} 失败：{why}", "{dag}: the run {run} failed: {why}"),
    "run_overdue": ("{dag} 的运行 {run} 超过时限仍未结束", "{dag}: the run {run} has not ended in its time"),
}
_IN_LEDGER = """
    select
        exists (select from ops.batch where feed_id = %(feed)s and run_id = %(run)s and state = 'FAILED')
        or %(dag)s = 'build' and exists (
            select from ops.build where state = 'FAILED' and finished_at > now() - interval '10 minutes'
        )
"""


class RunNotice(BaseNotifier):  # type: ignore[misc] # Airflow's types are not read
    """``stands_for_s``: so long the notice stands, unless the feed answers before."""

    def __init__(
        self, kind: Kind, stands_for_s: float, feed_id: str | None = None, context: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(context=context)
        self.kind, self.stands_for_s, self.feed_id = kind, stands_for_s, feed_id

    def notify(self, context: Mapping[str, Any]) -> None:
        """Called by the DAG processor after a failed run, by the executor after a missed deadline."""
        from riskmap.settings import Settings
        from riskmap.watch.signals import Signal, tell
        from warehouse.db import connect

        late = context.get("dag_run") if self.kind == "run_overdue" else None
        facts = {"dag": late["dag_id"], "run": late["dag_run_id"]} if late else _failed(context)
        zh, en = (text.format(**facts, why=context.get("reason")) for text in _WORDS[self.kind])
        with connect(Settings.load().database_url, application_name="riskmap notice") as conn:
            row = conn.execute(_IN_LEDGER, {**facts, "feed": self.feed_id}).fetchone()
            if self.kind == "run_failed" and row and row[0]:
                return  # the ledger knows it, with the error: breaches follow from that
            tell(conn, Signal(self.kind, facts["dag"], self.stands_for_s, zh, en, self.feed_id))


def _failed(context: Mapping[str, Any]) -> dict[str, str]:
    return {"dag": str(context["dag"].dag_id), "run": str(context["run_id"])}


def overdue(after: timedelta, *, stands_for_s: float, feed_id: str | None = None) -> DeadlineAlert:
    """A deadline of a DAG's runs, counted from when they were queued: runs that assets wake have no other date."""
    told = {"kind": "run_overdue", "stands_for_s": stands_for_s, "feed_id": feed_id}
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=after, callback=SyncCallback(RunNotice, kwargs=told)
    )
