package io.millrace.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A command whose answer changes while one looks. With {@code --watch} it asks again after each interval and shows what is
 * not as it was: on a terminal in place of what stood there, elsewhere behind it, so that a file or program gets each state
 * once. A server that goes away meanwhile is waited for.
 */
abstract class WatchableCommand extends AnswerCommand {

    private static final String TO_TOP_AND_CLEAR = "\u001b[H\u001b[2J";

    @Mixin
    private final WatchOptions watch = new WatchOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    WatchableCommand(Surroundings surroundings) {
        super(surroundings);
    }

    final boolean watches() {
        return watch.asked();
    }

    @Override
    final int run(ApiClient api) {
        return watch.asked() ? watch(api, watch.interval(spec)) : super.run(api);
    }

    private int watch(ApiClient api, Duration interval) {
        var retries = retries();
        String shown = null;
        while (true) {
            var view = retries.call(() -> ask(api));
            if (!view.json().equals(shown)) {
                showAgain(view, shown);
                shown = view.json();
            }
            if (view.last() || out().checkError()) {
                return view.exitCode();
            }
            surroundings().sleeper().sleep(interval);
            if (Thread.currentThread().isInterrupted()) {
                return view.exitCode();
            }
        }
    }

    private void showAgain(View view, @Nullable String before) {
        if (format() == OutputFormat.TEXT) {
            if (terminal().interactive()) {
                out().print(TO_TOP_AND_CLEAR);
            } else if (before != null) {
                out().println();
            }
        }
        show(view);
    }
}
