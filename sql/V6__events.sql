-- The audit trail: a projection of topic events, not a second log.

create view events.events as
select r.offset as id, r.timestamp as occurred_at, d.data ->> 'kind' as kind, d.data ->> 'subject' as subject, d.data ->> 'workspace' as workspace, d.data -> 'data' as data
from stream.records r
cross join lateral (select convert_from(r.value, 'UTF8')::jsonb as data) d
where r.topic = 'events';
comment on view events.events is 'What happened, in order: id is the offset in topic events, so a reader resumes behind the last one it saw.';
