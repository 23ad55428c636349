-- A feed can be switched off: from then on nothing is owed of it, and what it delivered stays.

alter table ops.feed add column active_until timestamptz;
comment on column ops.feed.active_until is 'when the feed was switched off; null while it runs';
comment on column ops.feed.activated_at is 'when the feed was last switched on; at first when it was registered';
