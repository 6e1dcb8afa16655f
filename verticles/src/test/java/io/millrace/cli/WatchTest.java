package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchTest {

    private static final String ID = "01900000-0000-7000-8000-000000000001";

    private final FakeMillrace server = new FakeMillrace();
    private final FakeTime time = new FakeTime();
    private Terminal stdout = Terminal.NONE;
    private int looks = Integer.MAX_VALUE;

    @AfterEach
    void stop() {
        server.close();
        Thread.interrupted();
    }

    @Test
    void eachStateIsShownOnceUntilTheJobEnds() {
        state("queued").state("queued").state("processing").state("completed");

        var run = run("job", "show", ID, "--watch", "-o", "jsonl");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).containsExactly(json("queued"), json("processing"), json("completed"));
        assertThat(time.sleeps()).containsOnly(Duration.ofSeconds(2)).hasSize(3);
    }

    @Test
    void whoWaitsForAJobIsToldByTheExitCodeThatItFailed() {
        state("processing").state("failed");

        assertThat(run("job", "show", ID, "-w").exitCode()).isEqualTo(1);

        state("failed");
        assertThat(run("job", "show", ID).exitCode()).isZero();
    }

    @Test
    void inAPipeStatesFollowEachOther() {
        state("queued").state("completed");

        var run = run("job", "show", ID, "--watch", "--interval", "0.5");

        assertThat(run.out()).contains("Status     queued\n", "\n\nJob        ", "Status     completed\n");
        assertThat(run.out()).doesNotContain("\u001b");
        assertThat(time.sleeps()).containsExactly(Duration.ofMillis(500));
    }

    @Test
    void onATerminalTheNewStateTakesThePlaceOfTheOld() {
        stdout = new Terminal(true, false, true);
        state("queued").state("completed");

        assertThat(run("job", "show", ID, "--watch").out().split("\u001b\\[H\u001b\\[2J", -1))
                .hasSize(3);
    }

    @Test
    void aServerThatGoesAwayMeanwhileIsWaitedFor() {
        state("queued");
        server.intervene(FakeMillrace.problem(503, "unavailable", "Starting.", "3"));
        state("completed");

        var run = run("job", "show", ID, "--watch");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEqualTo("millrace: Starting. (503 unavailable); trying again in 3.0 s\n");
        assertThat(time.sleeps()).containsExactly(Duration.ofSeconds(2), Duration.ofSeconds(3));
    }

    @Test
    void statisticsAreWatchedUntilSomebodyStopsIt() {
        looks = 3;
        server.answer("/v1/graph/stats", "{\"workspace\":\"w\",\"entity_count\":1}");

        var run = run("graph", "stats", "--watch");

        assertThat(run.exitCode()).isZero();
        assertThat(server.paths()).hasSize(3);
        assertThat(run.out()).containsOnlyOnce("Workspace w");
    }

    @Test
    void anIntervalHasBounds() {
        assertThat(run("graph", "stats", "--watch", "--interval", "0").exitCode())
                .isEqualTo(2);
        assertThat(run("graph", "stats", "--watch", "--interval", "NaN").exitCode())
                .isEqualTo(2);
    }

    private WatchTest state(String status) {
        server.intervene(exchange -> FakeMillrace.send(exchange, 200, "application/json", json(status)));
        return this;
    }

    private static String json(String status) {
        return "{\"id\":\"" + ID + "\",\"status\":\"" + status + "\"}";
    }

    private CommandRun run(String... arguments) {
        Sleeper sleeper = duration -> {
            time.sleep(duration);
            if (--looks == 0) {
                Thread.currentThread().interrupt();
            }
        };
        var all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--url", server.uri().toString()));
        var surroundings =
                new Surroundings(InputStream.nullInputStream(), stdout, Terminal.NONE, time, sleeper, Map.of());
        return CommandRun.of(surroundings, all.toArray(String[]::new));
    }
}
