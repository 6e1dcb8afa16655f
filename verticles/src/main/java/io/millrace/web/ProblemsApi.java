package io.millrace.web;

import io.millrace.MillraceException.NotFound;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * {@code GET /problems} and {@code /problems/{code}}: what the types of problems mean, as pages for people, and as JSON for
 * who asks for it.
 */
final class ProblemsApi {

    private static final String HTML = "text/html";

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%1$s · Millrace</title>
            <style>
            :root { color-scheme: light dark }
            body { font: 1rem/1.55 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem }
            h1 { font-size: 1.6rem; margin-bottom: .25rem }
            h2 { font-size: 1.05rem; margin: 1.75rem 0 .25rem }
            code { font-family: ui-monospace, monospace }
            td { padding: .2rem 1rem .2rem 0; vertical-align: top }
            </style>
            </head>
            <body>
            <h1>%1$s</h1>
            %2$s
            </body>
            </html>
            """;

    private record Explained(String code, int status, String title, String cause, String remedy) {
        static Explained of(ProblemType type) {
            return new Explained(type.code(), type.status(), type.title(), type.cause(), type.remedy());
        }
    }

    private record AllExplained(List<Explained> problems) {}

    void mount(Router router) {
        router.get("/problems").handler(this::list);
        router.get("/problems/:code").handler(this::show);
    }

    private void list(RoutingContext context) {
        Requests.onlyKnows(context);
        var types = Arrays.stream(ProblemType.values()).map(Explained::of).toList();
        if (wantsJson(context)) {
            Json.answer(context, 200, new AllExplained(types));
            return;
        }
        var rows = types.stream()
                .map(type -> "<tr><td>%d</td><td><a href=\"/problems/%s\"><code>%s</code></a></td><td>%s</td></tr>"
                        .formatted(type.status(), type.code(), type.code(), escaped(type.title())))
                .collect(Collectors.joining("\n"));
        answer(context, PAGE.formatted("Problems", "<table>\n" + rows + "\n</table>"));
    }

    private void show(RoutingContext context) {
        Requests.onlyKnows(context);
        var code = context.pathParam("code");
        var type = ProblemType.of(code).orElseThrow(() -> new NotFound("problem", code));
        if (wantsJson(context)) {
            Json.answer(context, 200, Explained.of(type));
            return;
        }
        var explanation = """
                <p><code>%s</code>, status %d</p>
                <h2>What happened</h2>
                <p>%s</p>
                <h2>What to do</h2>
                <p>%s</p>
                <p><a href="/problems">All problems</a></p>""".formatted(type.code(), type.status(), escaped(type.cause()), escaped(type.remedy()));
        answer(context, PAGE.formatted(escaped(type.title()), explanation));
    }

    /** A browser names HTML first; a program that names JSON, and not HTML, gets that. */
    private static boolean wantsJson(RoutingContext context) {
        var accepted = context.request().getHeader(HttpHeaders.ACCEPT);
        return accepted != null && accepted.contains("json") && !accepted.contains(HTML);
    }

    private static void answer(RoutingContext context, String page) {
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, HTML + "; charset=utf-8")
                .putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT)
                .putHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
                .end(page);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
