package io.millrace.ingest;

import io.millrace.jobs.JobStore;
import io.millrace.stream.Partitioner;
import io.millrace.stream.ProducerRecord;
import io.vertx.core.buffer.Buffer;

/** A document ready to be stored: its job's row, its record, and the partition of its key. */
record Arrival(JobStore.NewJob job, int partition, ProducerRecord record, int bytes) {

    static Arrival of(Submission submission, int partitions) {
        var document = submission.document();
        var workspace = document.workspace();
        var key = Buffer.buffer(DocumentIds.key(workspace, document.sourceUri()));
        var value = Buffer.buffer(new DocumentRecord(submission.jobId(), document).encode());
        var bytes = key.length() + value.length();
        var job = new JobStore.NewJob(
                submission.jobId(),
                workspace,
                document.jobType(),
                document.sourceUri(),
                DocumentIds.document(workspace, document.sourceUri()),
                Buffer.buffer(Fingerprint.of(document)),
                document.metadata(),
                null,
                bytes);
        return new Arrival(job, Partitioner.ofKey(key, partitions), new ProducerRecord(key, value), bytes);
    }
}
