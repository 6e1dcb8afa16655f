package io.millrace.web;

/**
 * How much may be accepted before it is finished.
 *
 * @param maxLag documents of all workspaces whose job has not ended
 * @param maxOpenPerWorkspace those of one workspace; 0 for no such bound
 * @param maxOpenBytesPerWorkspace their bytes; 0 for no such bound
 */
public record AdmissionLimits(long maxLag, long maxOpenPerWorkspace, long maxOpenBytesPerWorkspace) {}
