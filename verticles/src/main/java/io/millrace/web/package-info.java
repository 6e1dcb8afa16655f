/**
 * HTTP: what crawlers, dashboards and people talk to, on event loops. Bodies are decoded strictly and checked here, so
 * that every stage behind can trust a document; each failure leaves as a problem of RFC 9457, through one handler.
 *
 * <p>Owns no tables. Invariants: text is taken as it came or refused, never repaired, cut or converted; input never causes
 * a 5xx; nothing here blocks; 4xx, 429 and 503 mean that nothing was stored.
 */
@NullMarked
package io.millrace.web;

import org.jspecify.annotations.NullMarked;
