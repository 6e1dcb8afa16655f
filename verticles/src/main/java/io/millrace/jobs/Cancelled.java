package io.millrace.jobs;

/** What became of the wish to cancel a job. */
public sealed interface Cancelled {

    /** The job has ended by it. */
    record Done(JobFinished job) implements Cancelled {}

    /** It had ended before, as it says. */
    record Ended(JobFinished job) implements Cancelled {}

    /** Another request brought the same content, and its job ends when and as this one does. */
    record Followed() implements Cancelled {}

    record Missing() implements Cancelled {}
}
