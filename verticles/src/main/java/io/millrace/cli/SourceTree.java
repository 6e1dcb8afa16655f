package io.millrace.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files behind an argument, in the order in which they are read: a folder's by name, folders inside it where their
 * name stands, or as its {@code index.txt} lists them.
 */
final class SourceTree {

    private static final String INDEX = "index.txt";
    private static final String README = "README.md";

    private final @Nullable String baseUri;
    private final Consumer<String> skipped;

    /**
     * @param baseUri what stands before a file's relative path in its {@code source_uri}; null for the file's own URI
     * @param skipped is told which files are passed over, and why
     */
    SourceTree(@Nullable String baseUri, Consumer<String> skipped) {
        this.baseUri = baseUri;
        this.skipped = skipped;
    }

    /** The sources of one argument. Nothing but names is read, so that a wrong one shows before anything is sent. */
    List<Source> expand(String argument) throws IOException {
        if (argument.equals("-")) {
            return List.of(new Source.StandardInput());
        }
        var path = Path.of(argument).toAbsolutePath().normalize();
        var sources = new ArrayList<Source>();
        if (Files.isDirectory(path)) {
            addFolder(path, path, sources);
        } else {
            addFile(path.resolveSibling(""), path, sources);
            // Among the files of a folder a note is enough; what was asked for by name is missed.
            if (sources.isEmpty()) {
                throw new IOException(path + " cannot be brought: its ending is none of a text's");
            }
        }
        return sources;
    }

    private void addFolder(Path root, Path folder, List<Source> sources) throws IOException {
        var index = folder.resolve(INDEX);
        var children = Files.isRegularFile(index) ? listed(folder, index) : walked(folder);
        for (var child : children) {
            if (Files.isDirectory(child)) {
                addFolder(root, child, sources);
            } else {
                addFile(root, child, sources);
            }
        }
    }

    private static List<Path> listed(Path folder, Path index) throws IOException {
        var files = new ArrayList<Path>();
        for (var line : lines(index)) {
            var name = line.strip();
            if (name.isEmpty() || name.startsWith("#")) {
                continue;
            }
            var file = folder.resolve(name).normalize();
            if (!file.startsWith(folder) || file.equals(folder)) {
                throw new IOException("%s lists %s, which is outside of its folder".formatted(index, name));
            }
            if (!Files.exists(file)) {
                throw new IOException("%s lists %s, which does not exist".formatted(index, name));
            }
            files.add(file);
        }
        return files;
    }

    private static List<String> lines(Path index) throws IOException {
        try {
            return Files.readAllLines(index, StandardCharsets.UTF_8);
        } catch (CharacterCodingException e) {
            throw new IOException(index + " is not UTF-8", e);
        }
    }

    /** Without what is hidden, and without linked folders, which may lead in a circle. */
    private List<Path> walked(Path folder) throws IOException {
        var children = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            for (var child : stream) {
                var name = child.getFileName().toString();
                var linkedFolder = Files.isDirectory(child) && !Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS);
                if (name.startsWith(".") || name.equals(README)) {
                    continue;
                }
                if (linkedFolder) {
                    skipped.accept(child + " (it is a link to a folder)");
                } else {
                    children.add(child);
                }
            }
        }
        children.sort(Comparator.comparing(child -> child.getFileName().toString()));
        return children;
    }

    private void addFile(Path root, Path file, List<Source> sources) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        switch (ContentType.of(file).orElse(null)) {
            case null -> skipped.accept(file + " (its ending is none of a text's)");
            case NDJSON -> sources.add(new Source.LinesFile(file));
            case PLAIN, MARKDOWN, HTML -> {
                var type = ContentType.of(file).orElseThrow().mediaType();
                sources.add(new Source.DocumentFile(file, sourceUri(root, file), type));
            }
        }
    }

    /** Percent-encoded by the file system's own bytes, whatever this process takes them for. */
    private String sourceUri(Path root, Path file) {
        var uri = file.toUri();
        return baseUri == null
                ? uri.toString()
                : baseUri + root.toUri().relativize(uri).getRawPath();
    }
}
