-- Millrace for an administrator: database, roles, extensions, schemas, rights. psql 15 or later; safe to run again, which
-- also is how a password is changed. Schema changes are not made here but by `millrace migrate`, as the owner.
--
--   MILLRACE_OWNER_PASSWORD=… MILLRACE_APP_PASSWORD=… MILLRACE_READ_PASSWORD=… \
--     psql -X -h HOST -U ADMINISTRATOR -d postgres -f sql/admin/create.sql
--
-- Names are psql variables (-v database=…): database, owner, app, reader; and locale, where the server's own is C or not
-- UTF-8: one whose ctype knows the letters of all languages (C.UTF-8, en_US.UTF-8).
-- Passwords come from the environment, as above, or from the variables owner_password, app_password and reader_password
-- (which other users of the machine can read in its list of processes). A role whose password is given nowhere keeps the
-- one it has, or has none. The administrator is a superuser, or has CREATEDB and CREATEROLE.

\set ON_ERROR_STOP on
\set QUIET on

\if :{?database} \else \set database millrace       \endif
\if :{?owner}    \else \set owner    millrace_owner \endif
\if :{?app}      \else \set app      millrace_app   \endif
\if :{?reader}   \else \set reader   millrace_read  \endif
\if :{?locale}   \else \set locale   ''             \endif

set client_min_messages = warning;

\if :{?owner_password}  \else \getenv owner_password  MILLRACE_OWNER_PASSWORD \endif
\if :{?app_password}    \else \getenv app_password    MILLRACE_APP_PASSWORD   \endif
\if :{?reader_password} \else \getenv reader_password MILLRACE_READ_PASSWORD  \endif
\if :{?owner_password}  \else \set owner_password  '' \endif
\if :{?app_password}    \else \set app_password    '' \endif
\if :{?reader_password} \else \set reader_password '' \endif

-- Roles -------------------------------------------------------------------------------------------------------------

-- A password must not land in the server's log, which only a superuser can keep it out of.
select format('set %s', setting)
from unnest(array['log_statement = none', 'log_min_duration_statement = -1', 'log_min_error_statement = panic', 'pg_stat_statements.track_utility = off']) setting
where current_setting('is_superuser') = 'on'
\gexec

select format('create role %I login', name)
from unnest(array[:'owner', :'app', :'reader']) name
where not exists (select from pg_roles where rolname = name)
\gexec

select format('alter role %I password %L', name, password)
from unnest(array[:'owner', :'app', :'reader'], array[:'owner_password', :'app_password', :'reader_password']) role (name, password)
where password <> ''
\gexec

-- Whoever is no superuser acts for the owner below, and must be a member for that.
select format('grant %I to current_user', :'owner')
where current_setting('is_superuser') = 'off'
\gexec

-- Database ----------------------------------------------------------------------------------------------------------

select format('create database %I owner %I template template0 encoding ''UTF8''', :'database', :'owner')
  || case when :'locale' = '' then '' else format(' lc_collate %L lc_ctype %L', :'locale', :'locale') end
where not exists (select from pg_database where datname = :'database')
\gexec

revoke connect, temporary on database :"database" from public;
grant connect on database :"database" to :"app", :"reader";

-- What a pod sets on each connection, for connections through a pooler, which does not pass it on: one that stops in the
-- middle of a transaction must not hold a partition for longer than its lease (groups.lease).
alter role :"app" in database :"database" set lock_timeout = '4s';
alter role :"app" in database :"database" set idle_in_transaction_session_timeout = '4s';
alter role :"app" in database :"database" set tcp_user_timeout = '4s';
-- A dashboard reads, and a forgotten transaction of it must not hold back vacuum.
alter role :"reader" in database :"database" set default_transaction_read_only = on;
alter role :"reader" in database :"database" set idle_in_transaction_session_timeout = '5min';

\connect :"database"

set client_min_messages = warning;

select datctype in ('C', 'POSIX') as ascii_only from pg_database where datname = current_database()
\gset
\if :ascii_only
\warn The ctype of this database is C: a search by name would see no letters beyond ASCII in names.
\warn Drop it while it is empty, and run this again with a locale of UTF-8, such as -v locale=C.UTF-8
\endif

-- Extensions --------------------------------------------------------------------------------------------------------

create extension if not exists "uuid-ossp";
create extension if not exists pg_trgm;
-- Done without where the server does not offer it.
select 'create extension if not exists vector'
where exists (select from pg_available_extensions where name = 'vector')
\gexec

-- Schemas and rights ------------------------------------------------------------------------------------------------

select format('create schema if not exists %I authorization %I', name, :'owner')
from unnest(array['stream', 'jobs', 'lightrag', 'events']) name
\gexec

-- What is there already …
select format(stmt, schema, :'app', :'reader')
from unnest(array['public', 'stream', 'jobs', 'lightrag', 'events']) schema,
  unnest(array[
    'grant usage on schema %1$I to %2$I, %3$I',
    'grant select on all tables in schema %1$I to %2$I, %3$I']) stmt
\gexec

select format(stmt, schema, :'app')
from unnest(array['stream', 'jobs', 'lightrag', 'events']) schema,
  unnest(array[
    'grant insert, update, delete on all tables in schema %1$I to %2$I',
    'grant usage on all sequences in schema %1$I to %2$I',
    'grant execute on all functions in schema %1$I to %2$I']) stmt
\gexec

-- … and what the owner's migrations, and the functions that make segments with the owner's rights, create later. The
-- migrations take functions that write from public, so that the reader has none of them.
alter default privileges for role :"owner" grant usage on schemas to :"app", :"reader";
alter default privileges for role :"owner" grant select on tables to :"app", :"reader";
alter default privileges for role :"owner" grant insert, update, delete on tables to :"app";
alter default privileges for role :"owner" grant usage on sequences to :"app";
alter default privileges for role :"owner" grant execute on functions to :"app";

\echo Database :database is ready. Next, as :owner: millrace migrate
