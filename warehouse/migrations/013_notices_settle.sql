-- A run that was lost with the machine ends late, or failed. Where its feed answers within minutes nobody need know.
update ops.breach_rule set settle_s = 300 where kind in ('run_failed', 'run_overdue') and settle_s = 0;
