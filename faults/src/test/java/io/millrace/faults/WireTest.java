package io.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Startup messages get the name of the process that sent them, and nothing else of them changes. */
class WireTest {

    private static final int SESSION = 3 << 16;
    private static final int CANCEL = 80877102;

    @ParameterizedTest
    @ValueSource(strings = {"user\0someone\0database\0here\0", "user\0someone\0application_name\0a\0database\0here\0"})
    void aSessionHasTheNameOfItsProcessAndNoOther(String parameters) throws IOException {
        var named = Wire.readFirst(in(startup(SESSION, parameters))).named("pod-a#1");

        assertThat(bytes(named))
                .isEqualTo(startup(SESSION, "user\0someone\0database\0here\0application_name\0pod-a#1\0"));
    }

    @Test
    void onlyWhatBeginsASessionHasRoomForAName() throws IOException {
        assertThat(Wire.readFirst(in(startup(SESSION, ""))).beginsSession()).isTrue();
        assertThat(Wire.readFirst(in(startup(CANCEL, "12345678"))).beginsSession())
                .isFalse();
    }

    private static byte[] startup(int code, String parameters) {
        var body = (parameters + "\0").getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + body.length)
                .putInt(8 + body.length)
                .putInt(code)
                .put(body)
                .array();
    }

    private static DataInputStream in(byte[] bytes) {
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }

    private static byte[] bytes(Wire.Message message) throws IOException {
        var out = new ByteArrayOutputStream();
        message.writeTo(out);
        return out.toByteArray();
    }
}
