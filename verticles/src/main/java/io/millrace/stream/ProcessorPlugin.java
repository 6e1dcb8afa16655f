package io.millrace.stream;

import java.util.List;

/**
 * A user's own processors, found by {@link java.util.ServiceLoader} in the jars given to {@code --processors}. See the
 * example in this package's README.
 */
public interface ProcessorPlugin {
    List<Subscription> subscriptions();
}
