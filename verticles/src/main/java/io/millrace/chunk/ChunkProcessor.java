package io.millrace.chunk;

import static io.vertx.core.Future.await;

import io.millrace.ingest.DocumentIds;
import io.millrace.ingest.DocumentRecord;
import io.millrace.ingest.Fingerprint;
import io.millrace.jobs.Cancellations;
import io.millrace.jobs.JobVerticle;
import io.millrace.jobs.ProgressFact;
import io.millrace.stream.Batch;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Effects;
import io.millrace.stream.Processor;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Subscription;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The chunk stage: documents in, chunks out. It alone decides about versions, serially for a document: older ones are
 * ignored, the same content again makes no new version, and anything else replaces what was there. Documents whose jobs
 * were cancelled are passed over.
 */
final class ChunkProcessor implements Processor<ChunkProcessor.Loaded> {

    static final String GROUP = "chunk";
    static final String CHUNKS = "chunks";

    private static final Subscription.Limits LIMITS = new Subscription.Limits(500, 4 << 20);

    private final Chunker chunker;

    private ChunkProcessor(Chunker chunker) {
        this.chunker = chunker;
    }

    /** The batch's documents, in order, and what is stored of them. */
    record Loaded(List<Arrived> arrived, Map<UUID, DocumentVersion> versions, Set<UUID> cancelled) {}

    /** A document of the batch. */
    record Arrived(ConsumerRecord record, UUID documentId, DocumentRecord posted) {
        static Arrived of(ConsumerRecord record) {
            var posted = DocumentRecord.decode(record.requiredValue().getBytes());
            var document = posted.document();
            return new Arrived(record, DocumentIds.document(document.workspace(), document.sourceUri()), posted);
        }
    }

    static Subscription subscription(String topic, Chunker chunker) {
        return new Subscription(GROUP, topic, LIMITS, partition -> new ChunkProcessor(chunker));
    }

    @Override
    public Loaded load(Batch batch, SqlClient database) {
        var arrived = batch.records().stream().map(Arrived::of).toList();
        var ids = arrived.stream().map(Arrived::documentId).distinct().toList();
        var jobs = arrived.stream().map(document -> document.posted().jobId()).toList();
        var cancelled = Cancellations.among(database, jobs);
        return new Loaded(arrived, ChunkStore.loadVersions(database, ids), await(cancelled));
    }

    @Override
    public Effects decide(Batch batch, Loaded loaded) {
        var versions = new HashMap<>(loaded.versions());
        var replaced = new ArrayList<ChunkedDocument>();
        var repeats = new ArrayList<UUID>();
        var repeated = new ArrayList<UUID>();
        for (var arrived : loaded.arrived()) {
            if (loaded.cancelled().contains(arrived.posted().jobId())) {
                continue;
            }
            var current = versions.get(arrived.documentId());
            if (current != null && current.version() >= arrived.record().offset()) {
                continue;
            }
            var fingerprint = Buffer.buffer(Fingerprint.of(arrived.posted().document()));
            if (current != null && !current.failed() && current.fingerprint().equals(fingerprint)) {
                repeats.add(arrived.posted().jobId());
                repeated.add(current.jobId());
            } else {
                var document = cut(arrived, fingerprint, current != null && current.failed());
                versions.put(arrived.documentId(), document.version());
                replaced.add(document);
            }
        }
        return effects(batch, replaced, repeats, repeated);
    }

    private ChunkedDocument cut(Arrived arrived, Buffer fingerprint, boolean afterFailure) {
        var document = arrived.posted().document();
        var text = PlainText.of(document.content(), document.contentType());
        var title = PlainText.title(document.content(), document.contentType()).orElse(null);
        var chunks = chunker.chunk(text);
        var stored = chunks.isEmpty() && document.supplied() ? List.of(textless(arrived)) : stored(arrived, chunks);
        var version = new DocumentVersion(
                arrived.documentId(),
                arrived.record().offset(),
                fingerprint,
                arrived.posted().jobId(),
                stored.stream().map(StoredChunk::chunkId).toList(),
                false);
        return new ChunkedDocument(version, document, title, arrived.record().timestamp(), afterFailure, stored);
    }

    private static List<StoredChunk> stored(Arrived arrived, List<Chunk> chunks) {
        var supplied = SuppliedByChunk.of(
                arrived.posted().document(), chunks.stream().map(Chunk::text).toList());
        var ids = new ChunkIds(arrived.documentId());
        var stored = new ArrayList<StoredChunk>();
        for (var i = 0; i < chunks.size(); i++) {
            var chunk = chunks.get(i);
            var overlap = chunk.text().codePointCount(0, chunk.ownStart() - chunk.start());
            var extraction = supplied.get(i);
            stored.add(new StoredChunk(ids.next(chunk.text(), overlap, extraction), overlap, chunk.text(), extraction));
        }
        return stored;
    }

    /** A page without any text can still bring its entities; they hang on a chunk that is as empty as the page. */
    private static StoredChunk textless(Arrived arrived) {
        var supplied =
                SuppliedByChunk.of(arrived.posted().document(), List.of("")).getFirst();
        return new StoredChunk(new ChunkIds(arrived.documentId()).next("", 0, supplied), 0, "", supplied);
    }

    private static Effects effects(
            Batch batch, List<ChunkedDocument> replaced, List<UUID> repeats, List<UUID> repeated) {
        var effects = Effects.builder();
        var begun = new HashSet<>(repeats);
        begun.addAll(repeated);
        replaced.forEach(document -> begun.add(document.version().jobId()));
        if (!begun.isEmpty()) {
            effects.write(Cancellations.begin(begun));
        }
        ChunkStore.save(replaced).forEach(effects::write);
        if (!replaced.isEmpty()) {
            effects.write(ProgressFact.chunked(
                    replaced.stream()
                            .map(document -> document.version().jobId())
                            .toList(),
                    replaced.stream().map(document -> document.chunks().size()).toList()));
        }
        if (!repeats.isEmpty() && !batch.reprocessing()) {
            effects.write(ProgressFact.repeated(repeats, repeated));
        }
        // Each chunk of the version goes on, also one that was there: extraction knows what it has done, and the job
        // has to hear of it.
        var records = new ArrayList<ProducerRecord>();
        for (var document : replaced) {
            var posted = document.document();
            var key = DocumentIds.key(posted.workspace(), posted.sourceUri());
            for (var chunk : document.chunks()) {
                records.add(new ChunkRecord(
                                posted.workspace(),
                                document.version().jobId(),
                                chunk.chunkId(),
                                document.title(),
                                document.at(),
                                document.afterFailure())
                        .toRecord(key, chunk.bytes()));
            }
        }
        effects.append(CHUNKS, batch.partition(), records);
        if (!repeats.isEmpty()
                || replaced.stream().anyMatch(document -> document.chunks().isEmpty())) {
            effects.publish(JobVerticle.PROGRESSED, "");
        }
        return effects.build();
    }

    @Override
    public Effects onDeadLetter(ConsumerRecord record, String reason) {
        var jobId = DocumentRecord.decode(record.requiredValue().getBytes()).jobId();
        return Effects.builder().write(ProgressFact.failed(jobId, reason)).build();
    }
}
