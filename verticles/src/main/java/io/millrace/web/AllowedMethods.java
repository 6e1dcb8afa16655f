package io.millrace.web;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.TreeSet;

/**
 * The methods that a router's own routes have for a path: the Allow header of a 405. Vert.x knows them, but tells them
 * only in an answer of its own.
 */
final class AllowedMethods {

    private AllowedMethods() {}

    static String of(Router router, String path) {
        Set<String> methods = new TreeSet<>();
        for (Route route : router.getRoutes()) {
            if (route.methods() != null && route.getPath() != null && matches(route, path)) {
                route.methods().stream().map(HttpMethod::name).forEach(methods::add);
            }
        }
        return String.join(", ", methods);
    }

    private static boolean matches(Route route, String path) {
        String[] template = segments(route.getPath());
        String[] segments = segments(path);
        if (route.isExactPath() ? segments.length != template.length : segments.length < template.length) {
            return false;
        }
        for (int i = 0; i < template.length; i++) {
            boolean parameter = template[i].contains(":") && !segments[i].isEmpty();
            if (!parameter && !template[i].equals(segments[i])) {
                return false;
            }
        }
        return true;
    }

    /** A slash at the end makes no difference to a route. */
    private static String[] segments(String path) {
        return (path.endsWith("/") ? path.substring(0, path.length() - 1) : path).split("/", -1);
    }
}
