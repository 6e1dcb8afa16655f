package io.millrace.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import io.millrace.cli.IngestEntry.Line;
import io.millrace.cli.IngestEntry.Place;
import io.millrace.pg.Hashes;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A journal in a file: a first line that says for which server and workspace it is, then a line for each document that was
 * acknowledged and for each job that was seen to complete.
 *
 * <p>It is written behind the server's answer, so that it may know too little, never too much: what it lacks is posted
 * again, and the server recognises that. Not even a lost tail after a power cut matters, so nothing is synced. A document
 * counts as acknowledged at its place, by a digest of what was sent: whatever changed since is sent.
 */
final class IngestJournalFile implements IngestJournal {

    /** The file cannot be this journal: of something else, of another server, or in use. The message says which. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** Documents further down a file are sent again: room for more of them is not what an array can give. */
    private static final long LINES_MAX = 1L << 30;

    private static final String KIND = "ingest journal 1";

    private record Header(
            @Nullable String millrace,
            @Nullable String server,
            @Nullable String workspace) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Entry(
            @Nullable String source,
            long line,
            @Nullable String digest,
            @Nullable UUID accepted,
            @Nullable UUID completed) {}

    private final Path file;
    private final FileChannel channel;
    private final OutputStream out;
    private final boolean keepsJobs;

    /** By source, the digest at each line; 0 where nothing is known. */
    private final Map<String, long[]> digests = new HashMap<>();

    private final Map<Place, UUID> openJobs = new HashMap<>();
    private final Deque<UUID> latestJobs = new ArrayDeque<>();

    private IngestJournalFile(Path file, FileChannel channel, boolean keepsJobs) {
        this.file = file;
        this.channel = channel;
        this.keepsJobs = keepsJobs;
        this.out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    }

    /**
     * Opens the journal, and makes it when it is not there yet.
     *
     * @param keepsJobs whether jobs that have not completed are to be waited for; a million of them take room
     */
    static IngestJournalFile open(Path file, String server, String workspace, boolean keepsJobs) throws IOException {
        var channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        var journal = new IngestJournalFile(file, channel, keepsJobs);
        try {
            journal.lock();
            journal.load(new Header(KIND, server, workspace));
            return journal;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void lock() throws IOException {
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException _) {
            // In use by this very process: told below.
        }
        throw new Refused(file + " is in use by another ingest");
    }

    private void load(Header expected) throws IOException {
        var end = endOfWholeLines();
        if (end == 0) {
            refuseIfForeign();
            channel.truncate(0);
            write(expected);
            flush();
            return;
        }
        // What follows the last line's end is half a line of a process that was killed.
        channel.truncate(end);
        channel.position(0);
        var lines = new BufferedReader(
                new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8), 1 << 16);
        check(parsed(lines.readLine(), Header.class), expected);
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            remember(parsed(line, Entry.class));
        }
        channel.position(end);
    }

    private long endOfWholeLines() throws IOException {
        var buffer = ByteBuffer.allocate(1 << 16);
        for (var end = channel.size(); end > 0; ) {
            var start = Math.max(0, end - buffer.capacity());
            buffer.clear().limit((int) (end - start));
            while (buffer.hasRemaining() && channel.read(buffer, start + buffer.position()) >= 0) {
                // Until the whole piece is there.
            }
            for (var i = buffer.position() - 1; i >= 0; i--) {
                if (buffer.get(i) == '\n') {
                    return start + i + 1;
                }
            }
            end = start;
        }
        return 0;
    }

    /** Without a single line's end, only the beginning of our own first line may be overwritten. */
    private void refuseIfForeign() throws IOException {
        var buffer = ByteBuffer.allocate(16);
        channel.read(buffer, 0);
        var begin = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
        if (!"{\"millrace\":\"".startsWith(begin) && !begin.startsWith("{\"millrace\":\"")) {
            throw notOurs();
        }
    }

    private void check(Header found, Header expected) throws Refused {
        if (!KIND.equals(found.millrace())) {
            throw notOurs();
        }
        if (!found.equals(expected)) {
            throw new Refused("%s is of an ingest to %s, workspace %s, and says nothing of this one; take another file"
                    .formatted(file, found.server(), found.workspace()));
        }
    }

    private Refused notOurs() {
        return new Refused(file + " is no journal of an ingest");
    }

    private <T> T parsed(@Nullable String line, Class<T> type) throws Refused {
        try {
            var parsed = line == null ? null : Json.MAPPER.readValue(line, type);
            if (parsed != null) {
                return parsed;
            }
        } catch (JacksonException _) {
            // Told below.
        }
        throw notOurs();
    }

    private void remember(Entry entry) throws Refused {
        if (entry.source() == null || entry.line() < 0) {
            throw notOurs();
        }
        if (entry.line() > LINES_MAX) {
            return;
        }
        var place = new Place(entry.source(), entry.line());
        if (entry.completed() != null) {
            openJobs.remove(place, entry.completed());
        } else if (entry.accepted() != null && entry.digest() != null) {
            remember(place, Long.parseUnsignedLong(entry.digest(), 16), entry.accepted());
        } else {
            throw notOurs();
        }
    }

    private void remember(Place place, long digest, UUID job) {
        var line = (int) place.line();
        var known = digests.computeIfAbsent(place.source(), _ -> new long[line + 1]);
        if (known.length <= line) {
            known = Arrays.copyOf(known, Math.max(line + 1, known.length + (known.length >> 1)));
            digests.put(place.source(), known);
        }
        known[line] = digest;
        if (keepsJobs) {
            openJobs.put(place, job);
        }
        latestJobs.addLast(job);
        if (latestJobs.size() > JobList.IDS_MAX) {
            latestJobs.removeFirst();
        }
    }

    @Override
    public boolean acknowledged(Line line) {
        var known = digests.get(line.place().source());
        return known != null
                && line.place().line() < known.length
                && known[(int) line.place().line()] == digest(line);
    }

    @Override
    public Optional<UUID> openJob(Place place) {
        return Optional.ofNullable(openJobs.get(place));
    }

    @Override
    public List<UUID> latestJobs() {
        return List.copyOf(latestJobs);
    }

    /** Only written: what this run sends, it does not meet again. */
    @Override
    public void accepted(Line line, UUID job) {
        var place = line.place();
        write(new Entry(place.source(), place.line(), Long.toHexString(digest(line)), job, null));
    }

    @Override
    public void completed(Place place, UUID job) {
        write(new Entry(place.source(), place.line(), null, null, job));
    }

    /** The first eight bytes of a SHA-256; never 0, which stands for nothing known. */
    private static long digest(Line line) {
        var digest = Hashes.sha256().digest(line.bytes());
        return Math.max(1, ByteBuffer.wrap(digest).getLong() & Long.MAX_VALUE);
    }

    private void write(Object line) {
        try {
            out.write((Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("the journal " + file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the journal " + file + " cannot be written: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        flush();
        try {
            channel.close();
        } catch (IOException _) {
            // Everything was handed over before.
        }
    }
}
