package io.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.pg.DatabaseSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pod would not do as it was told ends its start, with a message that names the setting. */
class SettingsTest {

    @TempDir
    private Path folder;

    @Test
    void theDefaultsAreAConfiguration() {
        assertThat(config(Map.of()).http().port()).isEqualTo(8080);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing\n", "---\n", "http: {}\n"})
    void aFileMaySayNothing(String yaml) throws IOException {
        assertThat(file(yaml).http().port()).isEqualTo(8080);
    }

    @Test
    void aSettingThatIsThereTwiceIsRefused() {
        assertRefused("http:\n  port: 1\n  port: 2\n", "line 3", "port");
        assertRefused("http:\n  port: 1\nhttp:\n  host: a\n", "line 3", "http");
        assertRefused("http:\n  port: 1\nhttp.port: 2\n", "http.port is set twice");
    }

    @Test
    void aFileThatIsNoMapIsRefused() {
        assertRefused("- http\n- port\n", "should have names with values");
        assertRefused("8080\n", "should have names with values");
    }

    @Test
    void aSecondDocumentIsRefused() {
        assertRefused("http:\n  port: 1\n---\nhttp:\n  host: a\n", "one YAML document");
    }

    @Test
    void aSettingIsOneValue() {
        assertRefused("http:\n  cors-origins: [https://a, https://b]\n", "http.cors-origins should be one value");
        assertRefused("http:\n  host: {}\n", "http.host should be one value");
        assertRefused("http:\n  host: ~\n", "http.host has no value");
        assertRefused("http:\n  host:\n", "http.host should be an address");
        assertRefused("embedded:\n  data-dir:\n", "embedded.data-dir should be a folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"17179869184GiB", "99999999999999999999", "10TB"})
    void aSizeIsOneThatAMachineCanHave(String size) {
        assertRefused(
                Map.of("MILLRACE_LOG_MAX_QUEUED_BYTES", size),
                "log.max-queued-bytes should be a size",
                "MILLRACE_LOG_MAX_QUEUED_BYTES says '" + size + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "database.lock-timeout, 0s, 1ms",
        "database.pool-max-wait, 0s, 1ms",
        "database.pool-max-idle, 999ms, 1s",
        "database.pool-max-lifetime, 0s, 1s",
        "groups.deadline, 0s, 1s",
        "groups.lease, 0s, 1s",
        "groups.retry-delay, 0ms, 1ms",
        "groups.tick, 0s, 10ms",
        "http.body-timeout, 0s, 1ms",
        "events.heartbeat, 0s, 1s",
        "log.segment-length, 0s, 1s",
        "retention.interval, 0s, 1s"
    })
    void aDurationHasALowerBound(String name, String value, String shortest) {
        assertThatThrownBy(() -> set(name, value))
                .hasMessage("%s should be a duration from %s to 10000d, but the test says '%s'", name, shortest, value);
        assertThatThrownBy(() -> set(name, "99999999999999999999s")).hasMessageContaining("a duration from");
    }

    @Test
    void aDurationHasAnUpperBound() {
        assertThat(set("retention.topics", "10000d").retention().topics()).isEqualTo(Duration.ofDays(10_000));
        assertThatThrownBy(() -> set("retention.topics", "10001d"))
                .hasMessage("retention.topics should be a duration from 1ms to 10000d, but the test says '10001d'");
        assertThatThrownBy(() -> set("retention.topics", Long.MAX_VALUE + "d")).hasMessageContaining("a duration from");
        assertThatThrownBy(() -> set("groups.lease", "2d"))
                .hasMessage("groups.lease should be a duration from 1s to 1d, but the test says '2d'");
    }

    private static Config set(String name, String value) {
        return new ConfigSource(Map.of()).flag(name, value, "the test").config();
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "0", "65536", "-1", "99999999999"})
    void aPortIsOne(String port) {
        assertRefused(Map.of("PGHOST", "db", "PGPORT", port), "PGPORT should be a port", "not '" + port + "'");
        assertRefused(Map.of("POSTGRES_HOST", "db", "POSTGRES_PORT", port), "POSTGRES_PORT should be a port");
    }

    @Test
    void theVariablesOfPostgresSayWhereTheDatabaseIs() {
        var database = database(Map.of(
                "PGHOST", "db",
                "PGPORT", "6",
                "PGDATABASE", "m",
                "PGUSER", "me",
                "PGPASSWORD", "s3cret"));

        assertThat(database.host()).isEqualTo("db");
        assertThat(database.port()).isEqualTo(6);
        assertThat(database.database()).isEqualTo("m");
        assertThat(database.user()).isEqualTo("me");
        assertThat(database.password()).isEqualTo("s3cret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslmode=verify-full",
                "sslmode=require",
                "sslmode",
                "user=a&sslrootcert=x",
                "ssl=true",
                "sslmode="
            })
    void whoAsksForTlsDoesNotGetPlainText(String parameters) {
        assertRefused(
                Map.of("DATABASE_URL", "postgresql://me:s3cret@db/m?" + parameters),
                "the database URL has ssl",
                "TLS to the database is not supported",
                "proxy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PGHOST", "DATABASE_URL"})
    void whoAsksForTlsInTheEnvironmentDoesNotEither(String where) {
        assertRefused(
                Map.of(where, "postgresql://db/m", "PGSSLMODE", "require"),
                "PGSSLMODE is require, but TLS to the database is not supported");
    }

    @Test
    void aParameterOfTheUrlThatIsNotHonouredIsRefusedWithoutItsValue() {
        assertThatThrownBy(() -> config(Map.of("MILLRACE_DATABASE_URL", "postgresql://db/m?user=me&options=s3cret")))
                .hasMessage("the database URL has a parameter options, which is not supported: leave it out; those that"
                        + " are: host, hostaddr, port, user, password, dbname");
    }

    @Test
    void parametersThatAreHonouredAndModesThatDoNotInsistOnTlsPass() {
        var database = database(Map.of(
                "DATABASE_URL",
                "postgresql://?host=db&port=6&user=me&password=s3cret&dbname=m&sslmode=prefer",
                "PGSSLMODE",
                "disable"));

        assertThat(database.host()).isEqualTo("db");
        assertThat(database.port()).isEqualTo(6);
        assertThat(database.database()).isEqualTo("m");
    }

    private void assertRefused(String yaml, String... said) {
        assertThatThrownBy(() -> file(yaml))
                .isInstanceOf(Settings.Invalid.class)
                .hasMessageContainingAll(said)
                .hasMessageContaining("my.yaml");
    }

    private static void assertRefused(Map<String, String> environment, String... said) {
        assertThatThrownBy(() -> config(environment))
                .isInstanceOf(Settings.Invalid.class)
                .hasMessageContainingAll(said);
    }

    private Config file(String yaml) throws IOException {
        var file = Files.writeString(folder.resolve("my.yaml"), yaml);
        return new ConfigSource(Map.of()).file(file).config();
    }

    private static DatabaseSettings database(Map<String, String> environment) {
        return Objects.requireNonNull(config(environment).external());
    }

    private static Config config(Map<String, String> environment) {
        return new ConfigSource(environment).config();
    }
}
