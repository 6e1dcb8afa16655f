package io.millrace.stream;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.jar.JarFile;

/**
 * Finds users' processors: every {@link ProcessorPlugin} that a jar names in
 * {@code META-INF/services/io.millrace.stream.ProcessorPlugin}. All jars share one class loader, whose parent is ours, so
 * that one may hold what another needs; it stays open for as long as the process runs.
 */
public final class Plugins {

    private static final String SERVICE = "META-INF/services/" + ProcessorPlugin.class.getName();

    /** A jar that cannot be used; the message says which, why, and what to do. */
    public static final class PluginException extends RuntimeException {
        PluginException(String message, Throwable cause) {
            super(message, cause);
        }

        PluginException(String message) {
            super(message);
        }
    }

    private Plugins() {}

    /** The subscriptions of all processors in these jars. Fails with {@link PluginException}. */
    public static List<Subscription> load(List<Path> jars) {
        if (jars.isEmpty()) {
            return List.of();
        }
        var urls = jars.stream().map(Plugins::url).toArray(URL[]::new);
        if (jars.stream().map(Plugins::names).noneMatch(named -> named)) {
            throw new PluginException("no processor in " + jars + ": a jar names its own in " + SERVICE);
        }
        var subscriptions = new ArrayList<Subscription>();
        plugins(urls, jars).forEach(plugin -> subscriptions.addAll(subscriptions(plugin)));
        requireDistinctGroups(subscriptions);
        return List.copyOf(subscriptions);
    }

    private static URL url(Path jar) {
        if (!Files.isRegularFile(jar)) {
            throw new PluginException("no such file: " + jar);
        }
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new PluginException("no path for a jar: " + jar, e);
        }
    }

    private static boolean names(Path jar) {
        try (var opened = new JarFile(jar.toFile())) {
            return opened.getEntry(SERVICE) != null;
        } catch (IOException e) {
            throw new PluginException(jar + " is not a jar that can be read: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("resource") // Classes of a processor are loaded for as long as it runs: until the process ends.
    private static List<ProcessorPlugin> plugins(URL[] urls, List<Path> jars) {
        var loader = new URLClassLoader("processors", urls, ProcessorPlugin.class.getClassLoader());
        try {
            return ServiceLoader.load(ProcessorPlugin.class, loader).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList();
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new PluginException("a processor in " + jars + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static List<Subscription> subscriptions(ProcessorPlugin plugin) {
        try {
            return List.copyOf(plugin.subscriptions());
        } catch (RuntimeException | LinkageError e) {
            throw new PluginException(plugin.getClass().getName() + " has no subscriptions to give: " + e, e);
        }
    }

    private static void requireDistinctGroups(List<Subscription> subscriptions) {
        var groups = new HashSet<String>();
        for (var subscription : subscriptions) {
            if (!groups.add(subscription.group())) {
                throw new PluginException("two processors are of the group " + subscription.group()
                        + ": each needs one of its own, since a record goes to one member of a group");
            }
        }
    }
}
