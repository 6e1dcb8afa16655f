/**
 * The command line: a class a command, and the client that most of them share.
 *
 * <p>It stands outside of the flow and owns no table: what it knows of a server it knows over HTTP, so that it works with
 * any server that answers at {@code --url}. Invariants: results go to standard output and everything else to standard
 * error; what a document brought with it is never sent to a terminal as control characters, unless its content itself was
 * asked for; a request is sent again only where that is safe.
 */
@NullMarked
package io.millrace.cli;

import org.jspecify.annotations.NullMarked;
