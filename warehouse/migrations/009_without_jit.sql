-- Live views are wide: compiling one (jit) takes seconds, reading it milliseconds. So whoever connects reads without it.
-- Where the owner of this schema does not own the database, its administrator has to say it once.
do $$
begin
    execute format('alter database %I set jit = off', current_database());
exception when insufficient_privilege then
    raise notice 'not the owner of %: ask its administrator for "alter database % set jit = off"',
        current_database(), current_database();
end $$;
