package io.millrace.extract;

import static io.vertx.core.Future.await;

import io.millrace.chunk.ChunkRecord;
import io.millrace.jobs.Cancellations;
import io.millrace.jobs.JobVerticle;
import io.millrace.jobs.ProgressFact;
import io.millrace.stream.Appended;
import io.millrace.stream.Batch;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Effects;
import io.millrace.stream.Header;
import io.millrace.stream.Processor;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Subscription;
import io.vertx.sqlclient.SqlClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * The extract stage: chunks in, mentions out, each chunk once. A chunk's extraction comes from its sender, from the cache,
 * or from the extractor, whose answer then enters the cache.
 */
final class ExtractProcessor implements Processor<ExtractProcessor.Loaded> {

    static final String GROUP = "extract";
    static final String MENTIONS = "mentions";

    private static final Subscription.Limits LIMITS = new Subscription.Limits(200, 1 << 20);

    private final Extractor extractor;
    private final int mentionPartitions;

    private ExtractProcessor(Extractor extractor, int mentionPartitions) {
        this.extractor = extractor;
        this.mentionPartitions = mentionPartitions;
    }

    /** The batch's chunks and their texts; {@code keys} and {@code cached} for those that need an extractor. */
    record Loaded(
            List<ChunkRecord> records,
            Map<UUID, ExtractStore.ChunkText> texts,
            Map<UUID, UUID> keys,
            Map<UUID, Extraction> cached) {}

    static Subscription subscription(String topic, Extractor extractor, int mentionPartitions) {
        return new Subscription(GROUP, topic, LIMITS, partition -> new ExtractProcessor(extractor, mentionPartitions));
    }

    @Override
    public Loaded load(Batch batch, SqlClient database) {
        var all = batch.records().stream().map(ChunkRecord::read).toList();
        var cancelled = Cancellations.among(
                database, all.stream().map(ChunkRecord::jobId).distinct().toList());
        var texts = ExtractStore.loadChunks(
                database, all.stream().map(ChunkRecord::chunkId).distinct().toList());
        var records = without(await(cancelled), all);
        var keys = new HashMap<UUID, UUID>();
        for (var record : records) {
            var text = text(texts, record);
            if (text.extractionKey() != null) {
                keys.put(record.chunkId(), text.extractionKey());
            } else if (!text.extracted() && text.supplied() == null) {
                keys.put(record.chunkId(), ExtractionKey.of(extractor.configuration(), passage(record, text)));
            }
        }
        return new Loaded(records, texts, keys, ExtractStore.loadExtractions(database, new HashSet<>(keys.values())));
    }

    /** Chunks of cancelled jobs are passed over: a later version that shares one brings it again. */
    private static List<ChunkRecord> without(Set<UUID> cancelled, List<ChunkRecord> records) {
        return records.stream()
                .filter(record -> !cancelled.contains(record.jobId()))
                .toList();
    }

    private static ExtractStore.ChunkText text(Map<UUID, ExtractStore.ChunkText> texts, ChunkRecord record) {
        var text = texts.get(record.chunkId());
        if (text == null) {
            throw new IllegalStateException("chunk " + record.chunkId() + " is in the log, but not stored");
        }
        return text;
    }

    private static Passage passage(ChunkRecord record, ExtractStore.ChunkText text) {
        return new Passage(text.content(), record.title());
    }

    @Override
    public Effects decide(Batch batch, Loaded loaded) {
        var extracted = extract(loaded);
        var mentions = new ArrayList<ProducerRecord>();
        var emitted = new ArrayList<ExtractStore.Emitted>();
        var done = new LinkedHashMap<UUID, Integer>();
        var doneBefore = new LinkedHashMap<UUID, Integer>();
        var seen = new HashSet<UUID>();
        for (var record : loaded.records()) {
            var text = text(loaded.texts(), record);
            if (text.extracted() && !record.afterFailure()) {
                doneBefore.merge(record.jobId(), 1, Integer::sum);
                continue;
            }
            // Also of a chunk that two versions in this batch share: the mentions of both are the ones it appends now.
            done.merge(record.jobId(), 1, Integer::sum);
            if (!seen.add(record.chunkId())) {
                continue;
            }
            var key = loaded.keys().get(record.chunkId());
            var extraction = key == null ? supplied(text) : Objects.requireNonNull(extracted.get(key));
            var ofChunk =
                    ChunkMentions.of(record.workspace(), record.chunkId(), record.at(), text.ownStart(), extraction);
            if (text.extracted()) {
                // What its first mentions led to stays, and what was lost of them comes now.
                ofChunk.forEach(
                        ofEntity -> mentions.add(MentionRecord.write(ofEntity).with(Header.AGAIN)));
                continue;
            }
            ofChunk.forEach(ofEntity -> mentions.add(MentionRecord.write(ofEntity)));
            emitted.add(new ExtractStore.Emitted(
                    record.chunkId(),
                    key,
                    count(ofChunk, Mention.OfEntity.class),
                    count(ofChunk, Mention.OfRelationship.class)));
        }
        return effects(batch, loaded, extracted, mentions, emitted, done, doneBefore);
    }

    private static Extraction supplied(ExtractStore.ChunkText text) {
        return text.supplied() == null ? Extraction.EMPTY : SuppliedJson.read(text.supplied());
    }

    private static int count(List<List<Mention>> mentions, Class<? extends Mention> kind) {
        return (int)
                mentions.stream().flatMap(List::stream).filter(kind::isInstance).count();
    }

    /** The extraction of each key: as cached, or made now. */
    private Map<UUID, Extraction> extract(Loaded loaded) {
        var missing = new LinkedHashMap<UUID, Passage>();
        for (var record : loaded.records()) {
            var key = loaded.keys().get(record.chunkId());
            if (key != null && !loaded.cached().containsKey(key)) {
                missing.put(key, passage(record, text(loaded.texts(), record)));
            }
        }
        var extractions = new HashMap<>(loaded.cached());
        var made = missing.isEmpty() ? List.<Extraction>of() : extractor.extract(List.copyOf(missing.values()));
        var next = 0;
        for (var key : missing.keySet()) {
            extractions.put(key, made.get(next++));
        }
        return extractions;
    }

    private Effects effects(
            Batch batch,
            Loaded loaded,
            Map<UUID, Extraction> extracted,
            List<ProducerRecord> mentions,
            List<ExtractStore.Emitted> emitted,
            Map<UUID, Integer> done,
            Map<UUID, Integer> doneBefore) {
        var effects = Effects.builder();
        var made = new HashMap<>(extracted);
        made.keySet().removeAll(loaded.cached().keySet());
        if (!made.isEmpty()) {
            effects.write(ExtractStore.insertExtractions(extractor.configuration(), made));
        }
        if (!emitted.isEmpty()) {
            effects.write(ExtractStore.insertEmitted(emitted));
        }
        effects.append(MENTIONS, mentions);
        if (!batch.reprocessing()) {
            if (!doneBefore.isEmpty()) {
                effects.write(ProgressFact.extractedBefore(
                        List.copyOf(doneBefore.keySet()), List.copyOf(doneBefore.values()), MENTIONS));
            }
            if (!done.isEmpty()) {
                effects.receipt(appended ->
                        ProgressFact.extracted(List.copyOf(done.keySet()), List.copyOf(done.values()), ends(appended)));
            }
        }
        if (mentions.isEmpty() || !doneBefore.isEmpty()) {
            // Of what else was extracted, the graph tells once it has read the mentions.
            effects.publish(JobVerticle.PROGRESSED, "");
        }
        return effects.build();
    }

    private Long[] ends(List<Appended> appended) {
        var ends = new Long[mentionPartitions];
        Arrays.fill(ends, 0L);
        for (var range : appended) {
            ends[range.partition()] = Math.max(ends[range.partition()], range.to());
        }
        return ends;
    }

    @Override
    public Effects onDeadLetter(ConsumerRecord record, String reason) {
        var chunk = ChunkRecord.read(record);
        return Effects.builder()
                .write(ProgressFact.failed(chunk.jobId(), reason))
                .build();
    }
}
