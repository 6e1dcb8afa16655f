package io.millrace.faults;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * The harness's own tables beside the service's: who ever owned and committed what, and what {@link LedgerPlugin} did. None
 * of them has a key, so that whatever is written twice is there twice.
 */
final class Ledger {

    private Ledger() {}

    private static final String INSTALL = """
            create schema faults;

            create table faults.records (partition_id int not null, record_offset bigint not null, job_id uuid);
            create table faults.echoes (job_id uuid not null);

            create table faults.owners (group_id int not null, partition_id int not null, epoch bigint not null, owner uuid not null);
            create function faults.remember_owner() returns trigger language plpgsql as $$
            begin
              insert into faults.owners values (new.group_id, new.partition_id, new.epoch, new.owner);
              return null;
            end $$;
            create trigger remember_owner after update on stream.assignments
              for each row when (new.owner is not null and (new.owner, new.epoch) is distinct from (old.owner, old.epoch))
              execute function faults.remember_owner();

            create table faults.commits (
              group_id int not null, partition_id int not null, sequence bigint not null, epoch bigint not null, process text not null);
            create function faults.remember_commit() returns trigger language plpgsql as $$
            begin
              insert into faults.commits
              values (new.group_id, new.partition_id, new.sequence, new.epoch, current_setting('application_name'));
              return null;
            end $$;
            create trigger remember_commit after insert on stream.commits
              for each row when (new.sequence > 0)
              execute function faults.remember_commit();
            """;

    /** Makes them in a database that is migrated and that no pod has seen. */
    static void install(Connection connection) throws SQLException {
        Sql.run(connection, INSTALL);
    }
}
