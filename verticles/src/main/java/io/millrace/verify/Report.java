package io.millrace.verify;

import java.util.List;

/** What a verification found: every check, in the order in which a document passes what they look at. */
public record Report(List<Check> checks) {

    public Report {
        checks = List.copyOf(checks);
    }

    /** Whether no check found a difference. */
    public boolean clean() {
        return checks.stream().allMatch(Check::clean);
    }
}
