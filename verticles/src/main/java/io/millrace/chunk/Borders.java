package io.millrace.chunk;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * The places where a text may be cut, in ascending order, each with its rank and the tokens before it.
 *
 * <p>The first and the last are the text's own ends. The rank is the kind of border first, then a hash of the text around it:
 * a border keeps its rank however far an edit elsewhere moves it. Where natural borders are more than {@code widest}
 * characters apart, characters serve, and code points where a character is longer than that; so two neighbours are
 * never further apart than {@code widest} characters or one code point.
 *
 * <p>A text of millions of characters has a border only every few of them, the better of two that are close; or else sixteen
 * megabytes without a space, or of nothing but spaces, would need a heap of gigabytes.
 */
final class Borders {

    private static final Pattern CHARACTER = Pattern.compile("\\X");
    private static final int CONTEXT_CHARS = 16;

    private static final int LARGE_CHARS = 4_000_000;
    private static final int LARGE_SPACING = 4;

    /** Borders that are so much further apart must still be near enough. */
    private static final int LARGE_WIDEST = 64;

    private final String text;
    private final int widest;
    private int size;
    private final boolean large;
    private int[] positions;
    private Border[] kinds;
    /** Empty for a large text, whose hashes are computed when they are asked for. */
    private long[] hashes;

    private int[] tokensBefore = {};
    private int[] bestBelow = {};

    private Borders(String text, int widest) {
        this.text = text;
        this.widest = widest;
        this.large = text.length() > LARGE_CHARS && widest >= LARGE_WIDEST;
        this.positions = new int[text.length() / 5 + 16];
        this.kinds = new Border[positions.length];
        this.hashes = large ? new long[0] : new long[positions.length];
    }

    static Borders of(String text, int widest, TokenCounter counter) {
        var borders = new Borders(text, widest);
        borders.append(0, Border.PARAGRAPH);
        NaturalBorders.forEach(text, borders::add);
        borders.add(text.length(), Border.PARAGRAPH);
        borders.tokensBefore = counter.estimateBefore(borders.positions, borders.size, text);
        borders.bestBelow = borders.tournament();
        return borders;
    }

    int last() {
        return size - 1;
    }

    int position(int index) {
        return positions[index];
    }

    Border kind(int index) {
        return kinds[index];
    }

    /** About how many tokens lie between two borders. */
    int tokensBetween(int from, int to) {
        return tokensBefore[to] - tokensBefore[from];
    }

    /** The first border with at least {@code tokens} tokens between it and {@code from}. */
    int firstAfter(int from, int tokens) {
        return firstWith(tokensBefore[from] + (long) tokens);
    }

    /** The last border with at least {@code tokens} tokens between it and {@code to}. */
    int lastBefore(int to, int tokens) {
        return firstWith(tokensBefore[to] - (long) tokens + 1) - 1;
    }

    /** The first border with at most {@code tokens} tokens between it and {@code to}. */
    int firstWithin(int tokens, int to) {
        return firstWith(tokensBefore[to] - (long) tokens);
    }

    /**
     * The border of the best rank among {@code [from, to]}; of equals the leftmost, so that a text which repeats itself is
     * cut into chunks that do so too.
     */
    int best(int from, int to) {
        int best = from;
        int left = from + size;
        int right = to + size + 1;
        for (; left < right; left >>= 1, right >>= 1) {
            if ((left & 1) == 1) {
                best = better(best, bestBelow[left++]);
            }
            if ((right & 1) == 1) {
                best = better(best, bestBelow[--right]);
            }
        }
        return best;
    }

    private int firstWith(long tokens) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (tokensBefore[middle] < tokens) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** A tree in an array: the leaves in its upper half, above each pair the better of the two. */
    private int[] tournament() {
        var tree = new int[2 * size];
        for (int i = 0; i < size; i++) {
            tree[size + i] = i;
        }
        for (int i = size - 1; i > 0; i--) {
            tree[i] = better(tree[2 * i], tree[2 * i + 1]);
        }
        return tree;
    }

    private int better(int one, int other) {
        int order = kinds[one].compareTo(kinds[other]);
        if (order == 0) {
            order = Long.compare(hash(one), hash(other));
        }
        if (order == 0) {
            return Math.min(one, other);
        }
        return order < 0 ? one : other;
    }

    private long hash(int index) {
        return large ? hashAround(positions[index]) : hashes[index];
    }

    private void add(int position, Border border) {
        int previous = positions[size - 1];
        if (position == previous) {
            return;
        }
        if (position - previous > widest) {
            addCharacters(previous, position);
        }
        append(position, border);
    }

    private void addCharacters(int from, int to) {
        var character = CHARACTER.matcher(text).region(from, to);
        while (character.find()) {
            if (character.end() - character.start() > widest) {
                addCodePoints(character.start(), character.end());
            }
            if (character.end() < to) {
                append(character.end(), Border.CHARACTER);
            }
        }
    }

    private void addCodePoints(int from, int to) {
        for (int at = text.offsetByCodePoints(from, 1); at < to; at = text.offsetByCodePoints(at, 1)) {
            append(at, Border.CODE_POINT);
        }
    }

    private void append(int position, Border border) {
        if (large && size > 1 && position - positions[size - 1] < LARGE_SPACING && position < text.length()) {
            if (border.compareTo(kinds[size - 1]) >= 0) {
                return;
            }
            size--;
        }
        if (size == positions.length) {
            positions = Arrays.copyOf(positions, size * 2);
            kinds = Arrays.copyOf(kinds, size * 2);
            hashes = large ? hashes : Arrays.copyOf(hashes, size * 2);
        }
        positions[size] = position;
        kinds[size] = border;
        if (!large) {
            hashes[size] = hashAround(position);
        }
        size++;
    }

    /** FNV-1a over the characters around, then mixed, since its upper bits alone stir too little. */
    private long hashAround(int position) {
        long hash = 0xcbf29ce484222325L;
        int to = Math.min(text.length(), position + CONTEXT_CHARS);
        for (int i = Math.max(0, position - CONTEXT_CHARS); i < to; i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        hash = (hash ^ (hash >>> 32)) * 0xd6e8feb86659fd93L;
        return hash ^ (hash >>> 32);
    }
}
