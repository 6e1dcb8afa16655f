package io.millrace.extract;

/** A word, number or mark, and where it stands in the passage's text: {@code [start, end)} in UTF-16 units. */
record Token(String text, int start, int end) {
    boolean isCapitalised() {
        return Character.isUpperCase(text.codePointAt(0)) || Character.isTitleCase(text.codePointAt(0));
    }

    /** Like iPhone or eBay. */
    boolean hasCapitalInside() {
        return text.chars().anyMatch(Character::isUpperCase);
    }

    boolean isAllCapitals() {
        return text.length() > 1 && hasCapitalInside() && text.chars().noneMatch(Character::isLowerCase);
    }

    boolean startsWithDigit() {
        return Character.isDigit(text.codePointAt(0));
    }
}
