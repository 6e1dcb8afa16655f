package io.millrace.faults;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A bag of lines that keeps only their hashes: eight bytes a line, so that tens of millions of them can be compared. Two lines
 * of which one is missing and one too many look the same once in 2^64.
 */
final class Bag {

    /** How often a line is to be there, and how often it is. */
    record Difference(int expected, int found) {}

    private long[] hashes = new long[1_024];
    private int size;

    void add(String line) {
        if (size == hashes.length) {
            hashes = Arrays.copyOf(hashes, 2 * size);
        }
        hashes[size++] = hash(line);
    }

    int size() {
        return size;
    }

    /** FNV-1a over the characters, then mixed as in SplitMix64, since FNV alone leaves similar lines close together. */
    static long hash(String line) {
        var hash = 0xcbf29ce484222325L;
        for (var i = 0; i < line.length(); i++) {
            hash = (hash ^ line.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
        hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
        return hash ^ (hash >>> 31);
    }

    /** By hash, the lines that are not as often in this bag as in the other one. */
    Map<Long, Difference> differences(Bag found) {
        var differences = new TreeMap<Long, Difference>();
        sort();
        found.sort();
        var here = 0;
        var there = 0;
        while (here < size || there < found.size) {
            var least = here == size
                    ? found.hashes[there]
                    : there == found.size ? hashes[here] : Math.min(hashes[here], found.hashes[there]);
            var expected = run(here, least);
            var actual = found.run(there, least);
            if (expected != actual) {
                differences.put(least, new Difference(expected, actual));
            }
            here += expected;
            there += actual;
        }
        return differences;
    }

    private void sort() {
        Arrays.sort(hashes, 0, size);
    }

    /** How often a hash stands from here on. */
    private int run(int from, long hash) {
        var to = from;
        while (to < size && hashes[to] == hash) {
            to++;
        }
        return to - from;
    }
}
