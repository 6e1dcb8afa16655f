package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigCommandTest {

    @TempDir
    private Path folder;

    @Test
    void eachValueTellsWhoSaidIt() throws IOException {
        var file = Files.writeString(
                folder.resolve("my.yaml"), "http:\n  port: 1\n  host: 10.0.0.1\ningest: {max-lag: 7}\n");

        var run = config(
                Map.of("MILLRACE_HTTP_PORT", "2", "MILLRACE_HTTP_HOST", "10.0.0.2"),
                "--config",
                file.toString(),
                "--port",
                "3");

        assertThat(run.exitCode()).isZero();
        assertThat(line(run, "SETTING")).isEqualTo("SETTING VALUE FROM");
        assertThat(line(run, "http.port")).isEqualTo("http.port 3 option (--port)");
        assertThat(line(run, "http.host")).isEqualTo("http.host 10.0.0.2 environment (MILLRACE_HTTP_HOST)");
        assertThat(line(run, "ingest.max-lag")).isEqualTo("ingest.max-lag 7 file (" + file + ")");
        assertThat(line(run, "groups.lease")).isEqualTo("groups.lease 10s default");
        assertThat(line(run, "database.url")).isEqualTo("database.url \"\" default");
    }

    @Test
    void everySettingOfTheDefaultsIsThere() {
        assertThat(config(Map.of()).out().lines()).hasSizeGreaterThan(25).noneMatch(line -> line.contains("option"));
    }

    @Test
    void programsGetTheSameAsLines() throws IOException {
        var settings = config(Map.of("MILLRACE_HTTP_PORT", "2"), "-o", "jsonl")
                .out()
                .lines()
                .map(ConfigCommandTest::parsed)
                .toList();

        assertThat(settings)
                .anySatisfy(
                        setting -> assertThat(setting.toString())
                                .isEqualTo(
                                        "{\"name\":\"http.port\",\"value\":\"2\",\"origin\":\"environment\",\"source\":\"MILLRACE_HTTP_PORT\"}"));
        var whole = Json.MAPPER.readTree(config(Map.of(), "-o", "json").out());
        assertThat(whole.path("settings")).hasSameSizeAs(settings);
    }

    @Test
    void passwordsAreMasked() {
        assertThat(database(Map.of("DATABASE_URL", "postgresql://me:s3c@ret@db:5432/m")))
                .isEqualTo("database.url postgresql://me:****@db:5432/m environment (DATABASE_URL)");
        assertThat(database(Map.of("MILLRACE_DATABASE_URL", "postgresql://db/m?user=me&password=s3cret&ssl=true")))
                .isEqualTo(
                        "database.url postgresql://db/m?user=me&password=****&ssl=true environment (MILLRACE_DATABASE_URL)");
        assertThat(database(Map.of(
                        "POSTGRES_HOST", "db",
                        "POSTGRES_USER", "me",
                        "POSTGRES_PASSWORD", "s3cret",
                        "POSTGRES_DB", "m")))
                .isEqualTo(
                        "database.url postgresql://me:****@db:5432/m environment (POSTGRES_HOST and other POSTGRES variables)");
        assertThat(database(Map.of("PGHOST", "db", "PGUSER", "me", "PGPORT", "6", "PGDATABASE", "m")))
                .isEqualTo("database.url postgresql://me@db:6/m environment (PGHOST and other PG variables)");
    }

    @Test
    void whatNoPodWouldStartWithIsShownAndTold() {
        var run = config(Map.of("MILLRACE_GROUPS_LEASE", "soon"));

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(line(run, "groups.lease")).isEqualTo("groups.lease soon environment (MILLRACE_GROUPS_LEASE)");
        assertThat(run.err())
                .isEqualTo("millrace: groups.lease should be a duration such as 200ms, 10s, 5m, 1h or 1d, but"
                        + " MILLRACE_GROUPS_LEASE says 'soon'\n");
    }

    private String database(Map<String, String> environment) {
        return line(config(environment), "database.url");
    }

    private static CommandRun config(Map<String, String> environment, String... arguments) {
        var time = new FakeTime();
        var surroundings = new Surroundings(
                new ByteArrayInputStream(new byte[0]), Terminal.NONE, Terminal.NONE, time, time, environment);
        var all = new ArrayList<>(List.of("config", "show"));
        all.addAll(List.of(arguments));
        return CommandRun.of(surroundings, all.toArray(String[]::new));
    }

    private static String line(CommandRun run, String name) {
        return run.out()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .findFirst()
                .orElseThrow()
                .replaceAll(" +", " ");
    }

    private static JsonNode parsed(String json) {
        return Json.read(json, JsonNode.class);
    }
}
