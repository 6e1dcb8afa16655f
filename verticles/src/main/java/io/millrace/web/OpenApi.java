package io.millrace.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The OpenAPI document: written by hand, as YAML, since it is the source of truth; served as JSON. */
final class OpenApi {

    private static final String SOURCE = "openapi.yaml";

    private OpenApi() {}

    static JsonNode document() {
        try (var yaml = OpenApi.class.getResourceAsStream(SOURCE)) {
            if (yaml == null) {
                throw new IllegalStateException(SOURCE + " is packaged with the service");
            }
            return new ObjectMapper(new YAMLFactory()).readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
