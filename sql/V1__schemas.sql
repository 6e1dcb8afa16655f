-- Extensions and schemas. Every later migration appends; none is ever edited.

create extension if not exists "uuid-ossp";
create extension if not exists pg_trgm;

create schema if not exists stream;
create schema if not exists jobs;
create schema if not exists lightrag;
create schema if not exists events;

comment on schema stream is 'The log: topics, batches of records, consumer groups and their offsets.';
comment on schema jobs is 'Documents, their chunks, and the jobs that tell how far each document has come.';
comment on schema lightrag is 'The knowledge graph and its statistics.';
comment on schema events is 'What happened to jobs, documents and partitions, read from the log.';
