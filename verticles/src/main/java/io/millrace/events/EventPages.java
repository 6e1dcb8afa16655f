package io.millrace.events;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The events that were read last, in pages that do not overlap: what makes a thousand clients at the end of the log, or a
 * thousand that resume at the same place, cost one read. Bounded by size; the page that has not been used for longest goes.
 */
final class EventPages {

    /** What a client gets at once: enough to be worth a system call, and little to wait for a slow one. */
    private static final int SLICE_CHARACTERS = 64 << 10;

    /** Slices that are kept for the next one who wants the same. */
    private static final int MAX_SLICES = 64;

    private final long maxCharacters;
    private final NavigableMap<Long, Page> byOffset = new TreeMap<>();
    private final LinkedHashMap<Long, Page> byUse = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<SliceKey, EventSlice> slices = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<SliceKey, EventSlice> eldest) {
            return size() > MAX_SLICES;
        }
    };
    private long characters;

    EventPages(long maxCharacters) {
        this.maxCharacters = maxCharacters;
    }

    /** Events with ids from {@code from} on, without a gap. */
    private record Page(long from, List<Event> events, long characters) {
        long to() {
            return from + events.size();
        }
    }

    private record SliceKey(EventFilter filter, long from) {}

    boolean holds(long offset) {
        return page(offset) != null;
    }

    /** The first offset behind the page that holds this one; the offset itself when none does. */
    long end(long offset) {
        var page = page(offset);
        return page == null ? offset : page.to();
    }

    private @Nullable Page page(long offset) {
        var entry = byOffset.floorEntry(offset);
        if (entry == null || entry.getValue().to() <= offset) {
            return null;
        }
        return byUse.get(entry.getKey());
    }

    /** Takes in events that were read; those that are here already are not taken twice. */
    void add(List<Event> read) {
        if (read.isEmpty() || holds(read.getFirst().id())) {
            return;
        }
        var from = read.getFirst().id();
        var next = byOffset.higherKey(from);
        var size = next == null ? read.size() : (int) Math.min(read.size(), next - from);
        var events = List.copyOf(read.subList(0, size));
        requireNoGap(events);
        var page = new Page(
                from,
                events,
                events.stream().mapToLong(event -> event.json().length()).sum());
        byOffset.put(from, page);
        byUse.put(from, page);
        characters += page.characters();
        evict();
    }

    private static void requireNoGap(List<Event> events) {
        var first = events.getFirst().id();
        var last = events.getLast().id();
        if (last - first + 1 != events.size()) {
            throw new IllegalStateException("%d events between %d and %d".formatted(events.size(), first, last));
        }
    }

    private void evict() {
        var eldest = byUse.entrySet().iterator();
        while (characters > maxCharacters && byUse.size() > 1) {
            var page = eldest.next();
            eldest.remove();
            byOffset.remove(page.getKey());
            characters -= page.getValue().characters();
        }
    }

    /** What passes the filter from an offset on, as far as the pages reach without a gap, but not much at once. */
    EventSlice slice(EventFilter filter, long from) {
        var key = new SliceKey(filter, from);
        var known = slices.get(key);
        if (known == null) {
            known = cut(filter, from);
            slices.put(key, known);
        }
        return known;
    }

    private EventSlice cut(EventFilter filter, long from) {
        var passed = new ArrayList<Event>();
        var offset = from;
        var length = 0;
        for (var page = page(offset); page != null && length < SLICE_CHARACTERS; page = page(offset)) {
            for (; offset < page.to() && length < SLICE_CHARACTERS; offset++) {
                var event = page.events().get((int) (offset - page.from()));
                if (filter.passes(event)) {
                    passed.add(event);
                    length += event.json().length();
                }
            }
        }
        return new EventSlice(passed, offset);
    }

    long characters() {
        return characters;
    }
}
