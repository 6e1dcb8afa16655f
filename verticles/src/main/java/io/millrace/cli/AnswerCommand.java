package io.millrace.cli;

import picocli.CommandLine.Mixin;

/** A command that asks the server once and shows what came back, as {@code -o} has it. */
abstract class AnswerCommand extends ClientCommand {

    @Mixin
    private final OutputOption output = new OutputOption();

    AnswerCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int run(ApiClient api) {
        var view = ask(api);
        show(view);
        return view.exitCode();
    }

    abstract View ask(ApiClient api);

    final OutputFormat format() {
        return output.format();
    }

    final void show(View view) {
        new ViewPrinter(out(), err(), format(), terminal()).show(view);
    }

    final Terminal terminal() {
        return surroundings().stdout();
    }
}
