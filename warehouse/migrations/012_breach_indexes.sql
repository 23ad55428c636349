-- ops.breach_now is read every half minute: of a ledger of years (2 million batches, 260,000 builds) it reads a part.

create index batch_landed_at on ops.batch (committed_at) where state = 'LANDED';
create index build_ended_at on ops.build (state, finished_at);
create index build_active_at on ops.build (greatest(started_at, finished_at));
