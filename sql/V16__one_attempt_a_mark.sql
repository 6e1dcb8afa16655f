-- A record that only failed accuses nobody until it is tried again: its mark is taken away between two attempts.

create function stream.unmark_trial(p_group_id int, p_partition_id int, p_epoch bigint) returns void
language sql as $$
  update stream.assignments a
  set trial_epoch = 0
  where a.group_id = p_group_id and a.partition_id = p_partition_id and a.epoch = p_epoch and a.trial_epoch = p_epoch
$$;
comment on function stream.unmark_trial is
  'Takes the mark of a trial away that ended without ending its process; how many processes ended over the record is kept.';

revoke execute on function stream.unmark_trial from public;
