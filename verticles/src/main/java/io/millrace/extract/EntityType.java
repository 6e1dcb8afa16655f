package io.millrace.extract;

/** The types that the local extractor tells apart. Order breaks ties of equal evidence: the earlier one wins. */
enum EntityType {
    PERSON,
    ORGANIZATION,
    LOCATION,
    EVENT,
    WORK,
    MISC
}
