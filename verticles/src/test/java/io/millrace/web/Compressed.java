package io.millrace.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Bytes as clients compress them, and as networks and attackers spoil them. */
final class Compressed {

    private Compressed() {}

    static byte[] gzip(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] zlib(byte[] bytes) {
        return deflated(bytes, new Deflater());
    }

    /** Without the frame that HTTP asks for. */
    static byte[] rawDeflate(byte[] bytes) {
        return deflated(bytes, new Deflater(Deflater.DEFAULT_COMPRESSION, true));
    }

    static byte[] zlibWithDictionary(byte[] bytes) {
        var deflater = new Deflater();
        deflater.setDictionary(bytes);
        return deflated(bytes, deflater);
    }

    private static byte[] deflated(byte[] bytes, Deflater deflater) {
        var out = new ByteArrayOutputStream();
        try (OutputStream deflating = new DeflaterOutputStream(out, deflater)) {
            deflating.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        deflater.end();
        return out.toByteArray();
    }

    static byte[] cut(byte[] bytes, int fromEnd) {
        return Arrays.copyOf(bytes, bytes.length - fromEnd);
    }

    /** With one byte, counted from the end, made another. */
    static byte[] spoilt(byte[] bytes, int fromEnd) {
        var spoilt = bytes.clone();
        spoilt[bytes.length - fromEnd] ^= 0x55;
        return spoilt;
    }

    static byte[] joined(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (var part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
