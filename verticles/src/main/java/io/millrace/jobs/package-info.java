/**
 * Jobs: what was posted, and how far it has come.
 *
 * <p>Tables owned: {@code jobs.job_status}, {@code jobs.progress}, {@code jobs.totals}, {@code jobs.cancellations}. The stages' commits leave facts
 * behind ({@link io.millrace.jobs.ProgressFact}), and one sweep folds them into the jobs, so that progress makes no hot
 * rows. Invariant: a job is completed when everything of it is visible in the graph, never earlier.
 */
@NullMarked
package io.millrace.jobs;

import org.jspecify.annotations.NullMarked;
