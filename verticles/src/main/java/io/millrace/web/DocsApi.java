package io.millrace.web;

import io.millrace.MillraceException.NotFound;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * {@code /openapi.json}, and {@code /docs}: the same as a page, drawn by Swagger UI, whose parts come out of the jar. The page
 * may load nothing from anywhere else, and run nothing that stands in it.
 */
final class DocsApi {

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Millrace · HTTP interface</title>
            <link rel="icon" href="/docs/favicon-32x32.png">
            <link rel="stylesheet" href="/docs/swagger-ui.css">
            <script src="/docs/swagger-ui-bundle.js" defer></script>
            <script src="/docs/docs.js" defer></script>
            </head>
            <body><div id="docs"></div></body>
            </html>
            """;

    private static final String POM = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";
    private static final String AN_HOUR = "public, max-age=3600";

    /** A part of the page, and where in the class path it is. */
    private record Asset(String mediaType, String resource) {}

    private final Map<String, Asset> assets;
    private Cached.@Nullable Rendered document;

    DocsApi() {
        var swagger = "META-INF/resources/webjars/swagger-ui/" + swaggerVersion() + "/";
        assets = Map.of(
                "swagger-ui.css", new Asset("text/css; charset=utf-8", swagger + "swagger-ui.css"),
                "swagger-ui-bundle.js", new Asset("text/javascript; charset=utf-8", swagger + "swagger-ui-bundle.js"),
                "favicon-32x32.png", new Asset("image/png", swagger + "favicon-32x32.png"),
                "docs.js", new Asset("text/javascript; charset=utf-8", "io/millrace/web/docs.js"));
    }

    /** The folder in the jar has it in its name. */
    private static String swaggerVersion() {
        try (var pom = DocsApi.class.getResourceAsStream(POM)) {
            if (pom == null) {
                throw new IllegalStateException("Swagger UI is packaged with the service");
            }
            var properties = new Properties();
            properties.load(pom);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void mount(Router router) {
        router.get("/openapi.json").handler(this::document);
        router.get("/docs").handler(this::page);
        router.get("/docs/:asset").handler(this::asset);
    }

    private void document(RoutingContext context) {
        Requests.onlyKnows(context);
        var rendered = document;
        if (rendered == null) {
            rendered = Cached.render(OpenApi.document());
            document = rendered;
        }
        Cached.answer(context, rendered);
    }

    private void page(RoutingContext context) {
        Requests.onlyKnows(context);
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("Referrer-Policy", "no-referrer")
                .end(PAGE);
    }

    private void asset(RoutingContext context) {
        Requests.onlyKnows(context);
        var name = String.valueOf(context.pathParam("asset"));
        var asset = assets.get(name);
        if (asset == null) {
            throw new NotFound("part of the page", name);
        }
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, asset.mediaType())
                .putHeader(HttpHeaders.CACHE_CONTROL, AN_HOUR)
                .sendFile(asset.resource())
                .onFailure(context::fail);
    }
}
