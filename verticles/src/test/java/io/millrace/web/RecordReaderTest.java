package io.millrace.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.web.RecordReader.Destined;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records as they are posted: the bytes that come of them, and what is refused. */
class RecordReaderTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"value":"Łódź"}                                    | Łódź
            {"value":"x","value_encoding":"text"}                | x
            {"value_encoding":"text","value":"{}"}               | {}
            {"value":{"n": 1.10,"m":1e400}}                      | {"n": 1.10,"m":1e400}
            {"value":[ 1, 2 ]}                                   | [ 1, 2 ]
            {"value":"a\\u0000b"}                                | ~a\u0000b~
            {"value":"SGk=","value_encoding":"base64"}           | Hi
            {"value_encoding":"json","value":5}                  | 5
            {"value":"\\u0041","value_encoding":"json"}          | "\\u0041"
            {"value":true,"value_encoding":"json"}               | true
            {"value":null,"value_encoding":"json"}               | null
            {"value_encoding":"json","value":null}               | null
            """)
    void aValueIsTheseBytes(String json, String bytes) {
        assertThat(value(json)).isEqualTo(Buffer.buffer(bytes));
    }

    @Test
    void withoutAValueARecordIsATombstone() {
        assertThat(value("{\"key\":\"k\"}")).isNull();
        assertThat(value("{\"key\":\"k\",\"value\":null,\"value_encoding\":null}"))
                .isNull();
        assertThat(value("{\"key\":\"k\",\"value\":null,\"value_encoding\":\"text\"}"))
                .isNull();
        assertThat(value("{\"key\":\"k\",\"value_encoding\":\"json\"}")).isNull();
        assertThat(value("{\"value\":\"\"}")).isEqualTo(Buffer.buffer());
    }

    @Test
    void keyHeadersAndPartitionAreKept() {
        var record = accepted("""
                {"partition":3,"key":{"a":1},"headers":[{"name":"h","value":"v"},{"name":"n"},
                 {"name":"b","value":"AA==","value_encoding":"base64"}],"value":"x"}""").getFirst();

        assertThat(record.partition()).isEqualTo(3);
        assertThat(record.record().key()).isEqualTo(Buffer.buffer("{\"a\":1}"));
        assertThat(record.record().headers())
                .extracting(header -> header.name() + "=" + header.value())
                .containsExactly("h=v", "n=null", "b=\u0000");
    }

    @Test
    void anArrayKeepsItsOrder() {
        assertThat(accepted("[{\"value\":\"1\"},{\"value\":\"2\"}]"))
                .extracting(record -> String.valueOf(record.record().value()))
                .containsExactly("1", "2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            []                                               | 422 empty
            5                                                | 422 wrong_type
            [5]                                              | 422 wrong_type /0
            [{},{},{},{}]                                    | 422 too_many
            {"value":5}                                      | 422 wrong_type
            [{},{"value":true}]                              | 422 wrong_type /1
            {"value":"\\ud800"}                              | 422 lone_surrogate /value
            {"value":"%","value_encoding":"base64"}          | 422 wrong_type
            {"value":{},"value_encoding":"base64"}           | 422 wrong_type
            {"value":{},"value_encoding":"text"}             | 422 wrong_type
            {"value":"x","value_encoding":"avro"}            | 422 unknown_value /value_encoding
            {"key":"x","key_encoding":5}                     | 422 wrong_type /key_encoding
            {"partition":-1}                                 | 422 out_of_range /partition
            {"partition":1.5}                                | 422 out_of_range /partition
            {"partition":99999999999}                        | 422 out_of_range /partition
            {"partition":"1"}                                | 422 out_of_range /partition
            {"offset":1}                                     | 422 unknown_field /offset
            {"headers":{}}                                   | 422 wrong_type /headers
            {"headers":[5]}                                  | 422 wrong_type /headers/0
            {"headers":[{"name":5}]}                         | 422 wrong_type /headers/0/name
            {"headers":[{"name":"a"},{"value":"x"}]}         | 422 required /headers/1/name
            {"value":"x"} {}                                 | 400 malformed_json
            {"value":"x","value":"y"}                        | 400 duplicate_key
            """)
    void isRefused(String json, String expected) {
        assertThat(read(json)).isInstanceOfSatisfying(JsonBody.Parsed.Refused.class, refused -> {
            var problem = refused.problem();
            var told = problem.errors().isEmpty()
                    ? problem.status() + " " + problem.code()
                    : problem.status() + " "
                            + problem.errors().getFirst().code().text() + " "
                            + problem.errors().getFirst().pointer();
            assertThat(told.strip()).isEqualTo(expected.strip());
        });
    }

    private static @Nullable Buffer value(String json) {
        return accepted(json).getFirst().record().value();
    }

    private static List<Destined> accepted(String json) {
        if (read(json) instanceof JsonBody.Parsed.Value<List<Destined>>(var records)) {
            return records;
        }
        throw new AssertionError("refused: " + read(json));
    }

    private static JsonBody.Parsed<List<Destined>> read(String json) {
        return switch (StrictJson.read(json.getBytes(StandardCharsets.UTF_8), RecordReader.records(3))) {
            case StrictJson.Result.Value<JsonBody.Parsed<List<Destined>>>(var parsed) -> parsed;
            case StrictJson.Result.Malformed<JsonBody.Parsed<List<Destined>>>(var problem) ->
                new JsonBody.Parsed.Refused<>(problem);
        };
    }
}
