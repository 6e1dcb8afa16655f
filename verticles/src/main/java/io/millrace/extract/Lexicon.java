package io.millrace.extract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The built-in lists of words and names that serve as evidence, by section of {@code lexicon.txt}. They are small on
 * purpose: most of the evidence is in the text itself.
 */
final class Lexicon {
    private static final String RESOURCE = "lexicon.txt";

    private final Map<String, Set<String>> sections;
    private final String fingerprint;

    private Lexicon(Map<String, Set<String>> sections, String fingerprint) {
        this.sections = sections;
        this.fingerprint = fingerprint;
    }

    static Lexicon load() {
        try (var stream = Lexicon.class.getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new IOException("not on the class path: " + RESOURCE);
            }
            return parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Lexicon parse(String text) {
        var sections = new HashMap<String, Set<String>>();
        var checksum = new CRC32();
        var section = "";
        for (var line : text.lines().map(String::strip).toList()) {
            if (line.startsWith("[")) {
                section = line.substring(1, line.length() - 1);
            } else if (!line.isEmpty() && !line.startsWith("#")) {
                var entries = sections.computeIfAbsent(section, ignored -> new HashSet<>());
                for (var entry : line.split(";")) {
                    entries.add(entry.strip().toLowerCase(Locale.ROOT));
                }
            }
            checksum.update(line.getBytes(StandardCharsets.UTF_8));
        }
        return new Lexicon(sections, String.format(Locale.ROOT, "%08x", checksum.getValue()));
    }

    /** Tells one set of lists from another. */
    String fingerprint() {
        return fingerprint;
    }

    /** Whether a section lists a name or word, which is given in lower case. */
    boolean lists(String section, String lowerCase) {
        return section(section).contains(lowerCase);
    }

    Set<String> section(String name) {
        var section = sections.get(name);
        if (section == null) {
            throw new IllegalArgumentException("the lexicon has no section " + name);
        }
        return section;
    }
}
