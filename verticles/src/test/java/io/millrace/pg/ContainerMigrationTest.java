package io.millrace.pg;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** The migrations on the PostgreSQL that containers run; skipped where there is no Docker. */
@Testcontainers(disabledWithoutDocker = true)
class ContainerMigrationTest {
    @Container
    private static final PostgreSQLContainer POSTGRES = new PostgreSQLContainer(DockerImageName.parse("postgres:18"));

    @Test
    void migrationsApplyOnceAndThenChangeNothing() {
        assertThat(migrate()).isPositive();
        assertThat(migrate()).isZero();
    }

    private static int migrate() {
        return Migrations.migrate(POSTGRES.getJdbcUrl(), POSTGRES.getUsername(), POSTGRES.getPassword());
    }
}
