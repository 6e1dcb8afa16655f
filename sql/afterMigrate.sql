-- After each migration: the history of migrations is the owner's alone to write. The rights that create.sql gives to the
-- application on whatever the owner makes later, in schemas that are not there yet either, would take it in.
do $$
declare
  granted record;
begin
  for granted in
    select distinct g.grantee
    from information_schema.role_table_grants g
    where g.table_schema = 'public' and g.table_name = 'millrace_migrations' and g.privilege_type <> 'SELECT' and g.grantee <> current_user
  loop
    execute format('revoke insert, update, delete, truncate, references, trigger on public.millrace_migrations from %I', granted.grantee);
  end loop;
end
$$;
