package io.millrace.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class HeadersTest {

    @Property(tries = 300)
    void whatIsEncodedIsDecoded(@ForAll("headers") List<Header> headers) {
        assertThat(Headers.decode(Headers.encode(headers))).isEqualTo(headers);
    }

    @Provide
    Arbitrary<List<Header>> headers() {
        // Lengths around 64 and 8,192 take one byte more in a varint.
        var names = Arbitraries.strings()
                .ofMaxLength(70)
                .filter(name -> StandardCharsets.UTF_8.newEncoder().canEncode(name));
        var values = Arbitraries.bytes()
                .array(byte[].class)
                .ofMaxSize(8_200)
                .map(Buffer::buffer)
                .injectNull(0.1);
        return Combinators.combine(names, values).as(Header::new).list().ofMaxSize(5);
    }

    @Test
    void theBlockIsKafkasFormat() {
        var block = Headers.encode(List.of(new Header("ab", Buffer.buffer("c")), new Header("d", null)));

        // Zigzag: a count of 2 is 4, a length of 2 is 4, of 1 is 2, and no value (-1) is 1.
        assertThat(block.getBytes()).containsExactly(4, 4, 'a', 'b', 2, 'c', 2, 'd', 1);
    }

    @Test
    void noBlockMeansNoHeaders() {
        assertThat(Headers.decode(null)).isEmpty();
    }
}
