package io.millrace.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Standard output, which keeps why it could not be written: a PrintWriter over it only knows that it could not. */
final class StandardOutput extends FilterOutputStream {

    private static final Path DESCRIPTOR = Path.of("/proc/self/fd/1");

    private final boolean pipe;
    private @Nullable IOException failure;

    /** @param pipe whether somebody else reads it, who may stop reading */
    StandardOutput(OutputStream out, boolean pipe) {
        super(out);
        this.pipe = pipe;
    }

    static StandardOutput of(OutputStream out) {
        return new StandardOutput(out, isPipe());
    }

    /** The message of a failed write does not tell it everywhere, since it is in the user's language. */
    private static boolean isPipe() {
        try {
            var target = Files.readSymbolicLink(DESCRIPTOR).toString();
            return target.startsWith("pipe:") || target.startsWith("socket:");
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }

    /**
     * Why what was written is not all there; null when it is. A reader that has seen enough, as {@code head} has, is no
     * failure.
     */
    @Nullable
    String fault() {
        if (failure == null || pipe) {
            return null;
        }
        var message = String.valueOf(failure.getMessage());
        return message.contains("Broken pipe") ? null : message;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            out.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }
}
