package io.millrace.stream;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Finds the subscriptions of a user's own processors. */
public final class Plugins {

    private Plugins() {}

    public static List<Subscription> load(List<Path> jars) {
        var urls = jars.stream().map(Plugins::url).toArray(URL[]::new);
        var loader = new URLClassLoader(urls, Plugins.class.getClassLoader());
        var subscriptions = new ArrayList<Subscription>();
        ServiceLoader.load(ProcessorPlugin.class, loader).forEach(plugin -> subscriptions.addAll(plugin.subscriptions()));
        return subscriptions;
    }

    private static URL url(Path jar) {
        if (!Files.isRegularFile(jar)) {
            throw new IllegalArgumentException("--processors names " + jar + ", which is not a file");
        }
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("--processors names " + jar, e);
        }
    }
}
