package io.millrace.cli;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.InstantSource;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of every command that talks to a server: where it is, and whose documents are meant. */
final class ServerOptions {

    /** What can stand in a header without encoding; the server decides what a workspace may be called. */
    private static final Pattern HEADER_VALUE = Pattern.compile("[\\x21-\\x7e]+");

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:MILLRACE_URL:-http://127.0.0.1:8080}",
            description = "Address of the server (environment: MILLRACE_URL; now: ${DEFAULT-VALUE}).")
    private String url = "";

    @Option(
            names = "--workspace",
            paramLabel = "NAME",
            defaultValue = "${env:MILLRACE_WORKSPACE:-default}",
            description = "Workspace to work in (environment: MILLRACE_WORKSPACE; now: ${DEFAULT-VALUE}).")
    private String workspace = "";

    ApiClient connect(CommandSpec command, InstantSource clock) {
        if (!HEADER_VALUE.matcher(workspace).matches()) {
            throw new ParameterException(
                    command.commandLine(), "--workspace takes visible ASCII characters only, not '" + workspace + "'");
        }
        return new ApiClient(address(command), workspace, clock);
    }

    private URI address(CommandSpec command) {
        try {
            var address = new URI(url.replaceFirst("/+$", ""));
            var scheme = address.getScheme();
            if (("http".equals(scheme) || "https".equals(scheme))
                    && address.getHost() != null
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null) {
                return address;
            }
        } catch (URISyntaxException _) {
            // Told below, like every other address that is none.
        }
        throw new ParameterException(
                command.commandLine(), "--url takes an address such as http://127.0.0.1:8080, not '" + url + "'");
    }
}
