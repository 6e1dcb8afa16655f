package io.millrace;

/**
 * A setting, the value that counts, and who said it.
 *
 * @param value as it was written, except that passwords are masked
 * @param source the file, the variable of the environment, or the option; {@code conf/millrace.yaml} for a default
 */
public record ConfigValue(String name, String value, Origin origin, String source) {

    /** Where a value can come from; the later ones win. */
    public enum Origin {
        DEFAULT,
        FILE,
        ENVIRONMENT,
        OPTION
    }
}
