package io.millrace.faults;

import io.millrace.stream.Batch;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Effects;
import io.millrace.stream.Processor;
import io.millrace.stream.ProcessorPlugin;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Subscription;
import io.millrace.stream.Write;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.SqlClient;
import io.vertx.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A second consumer of the documents, in every pod: it writes a row a record and appends a record of its own, which a third
 * consumer writes down as well. Nothing in its tables removes duplicates, as the keys of the service's own tables would. It
 * chokes on poison.
 */
public final class LedgerPlugin implements ProcessorPlugin {

    static final String GROUP = "ledger";
    static final String ECHOES = "echoes";

    /** More than a pod of the harness has. */
    private static final int TOO_MANY_LONGS = Integer.MAX_VALUE - 8;

    @Override
    public List<Subscription> subscriptions() {
        return List.of(
                new Subscription(GROUP, "documents", partition -> new Records()),
                new Subscription(ECHOES, ECHOES, partition -> new Echoes()));
    }

    private static final class Records implements Processor<Boolean> {

        @Override
        public Boolean load(Batch batch, SqlClient database) {
            return true;
        }

        private static final String INSERT = """
                insert into faults.records (partition_id, record_offset, job_id)
                select $1, r.record_offset, r.job_id
                from unnest($2::bigint[], $3::uuid[]) r (record_offset, job_id)
                """;

        @Override
        public Effects decide(Batch batch, Boolean nothing) {
            var jobs = new ArrayList<UUID>();
            var echoes = new ArrayList<ProducerRecord>();
            for (var record : batch.records()) {
                var job = digest(record);
                jobs.add(job);
                echoes.add(ProducerRecord.of(job.toString(), Buffer.buffer(job.toString())));
            }
            var offsets = batch.records().stream().map(ConsumerRecord::offset).toArray(Long[]::new);
            return Effects.builder()
                    .write(new Write(INSERT, Tuple.of(batch.partition(), offsets, jobs.toArray(UUID[]::new))))
                    .append(ECHOES, echoes)
                    .build();
        }

        private static UUID digest(ConsumerRecord record) {
            var json = new JsonObject(Buffer.buffer(record.requiredValue().getBytes()));
            var sourceUri = json.getString("source_uri");
            if (sourceUri.startsWith(KnownDocument.POISON + "throws")) {
                throw new IllegalStateException("poison");
            } else if (sourceUri.startsWith(KnownDocument.POISON + "overflows")) {
                descend(0);
            } else if (sourceUri.startsWith(KnownDocument.POISON + "exhausts")) {
                throw new IllegalStateException("so much memory: " + new long[TOO_MANY_LONGS].length);
            } else if (sourceUri.startsWith(KnownDocument.ENDLESS)) {
                loop();
            }
            return UUID.fromString(json.getString("job_id"));
        }

        /** Until the process ends. */
        private static void loop() {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            throw new IllegalStateException("poison");
        }

        /** Until the stack ends. */
        private static int descend(int depth) {
            return depth < 0 ? depth : 1 + descend(depth + 1);
        }
    }

    private static final class Echoes implements Processor<Boolean> {

        @Override
        public Boolean load(Batch batch, SqlClient database) {
            return true;
        }

        private static final String INSERT = """
                insert into faults.echoes (job_id)
                select unnest($1::uuid[])
                """;

        @Override
        public Effects decide(Batch batch, Boolean nothing) {
            var jobs = batch.records().stream()
                    .map(record -> UUID.fromString(record.requiredValue().toString()))
                    .toArray(UUID[]::new);
            return Effects.builder()
                    .write(new Write(INSERT, Tuple.of((Object) jobs)))
                    .build();
        }
    }
}
