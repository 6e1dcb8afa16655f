package io.millrace.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What went wrong with a file, for people: many of Java's messages are the file's name and nothing else. */
final class FileFault {

    private FileFault() {}

    static String text(IOException fault) {
        return switch (fault) {
            case NoSuchFileException missing -> missing.getFile() + " does not exist";
            case AccessDeniedException denied -> denied.getFile() + " may not be opened by this user";
            case FileSystemException other
            when other.getReason() == null ->
                "%s cannot be read or written (%s)"
                        .formatted(other.getFile(), other.getClass().getSimpleName());
            default -> String.valueOf(fault.getMessage());
        };
    }
}
