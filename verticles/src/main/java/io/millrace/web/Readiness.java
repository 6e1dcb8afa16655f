package io.millrace.web;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the pod waits for before it takes work; nothing once it is ready. Thread-safe. */
public final class Readiness {

    private final AtomicReference<@Nullable String> waitsFor = new AtomicReference<>("the pod starts");

    public void waitsFor(String what) {
        waitsFor.set(what);
    }

    public void ready() {
        waitsFor.set(null);
    }

    public @Nullable String reason() {
        return waitsFor.get();
    }
}
