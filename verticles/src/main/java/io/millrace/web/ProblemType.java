package io.millrace.web;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The catalogue of problems that this interface answers with. Codes are for programs and never change; title, cause and
 * remedy are for people, and make the page under {@code /problems/<code>}.
 */
enum ProblemType {
    BAD_REQUEST(
            400,
            "Request not understood",
            "The request line, a header or the transfer is not valid HTTP: a broken percent encoding in the path, a missing"
                    + " Host, a body that breaks off.",
            "Use an HTTP library to build the request, and percent-encode what goes into path and query."),
    INVALID_PARAMETER(
            400,
            "Invalid parameter",
            "A parameter of the path, the query or a header is not of the type or in the range that it must be.",
            "Correct the parameter that the detail names; the OpenAPI document lists types and ranges."),
    EMPTY_BODY(
            400,
            "Empty body",
            "The request has no body, or only white space in it.",
            "Send a JSON document. A body that got lost on the way often has a Content-Length of 0."),
    INVALID_UTF8(
            400,
            "Body is not UTF-8",
            "The body holds bytes that are not UTF-8 by RFC 3629, begins with a byte order mark, or is UTF-16 or UTF-32.",
            "Encode the body as UTF-8 without a byte order mark. Bytes taken from a page in another charset have to be"
                    + " converted from that charset first."),
    MALFORMED_JSON(
            400,
            "Malformed JSON",
            "The body is not one JSON text by RFC 8259: a character where it cannot be, a text that ends early, or more text"
                    + " behind its end.",
            "Let a JSON library write the body. The detail names the line and column at which reading stopped."),
    DUPLICATE_KEY(
            400,
            "Duplicate key",
            "An object has the same key twice, so that it is unclear which value counts.",
            "Send each key once."),
    TOO_DEEP(
            400,
            "JSON too deeply nested",
            "Objects and arrays stand inside each other more than " + StrictJson.DEPTH_MAX + " levels deep.",
            "Flatten the metadata."),
    TOKEN_TOO_LONG(
            400,
            "JSON number or key too long",
            "A number has more than " + StrictJson.NUMBER_CHARACTERS_MAX + " characters or a key more than "
                    + StrictJson.NAME_CHARACTERS_MAX + ".",
            "Send such values as strings."),
    NOT_A_DOCUMENT(
            400,
            "Not a document",
            "The body is JSON, but neither an object nor an array of objects; a line of NDJSON has to be one object.",
            "Send {\"source_uri\": …, \"content\": …}, or an array of such objects."),
    BROKEN_CONTENT_ENCODING(
            400,
            "Compressed body broken",
            "The body is not what its Content-Encoding says: not gzip or zlib at all, corrupt, cut short, or with more bytes"
                    + " behind its end. Content-Encoding deflate means the zlib format, by RFC 9110.",
            "Compress the body anew, and send all of it. For an uncompressed body leave Content-Encoding out."),
    UNAUTHENTICATED(
            401,
            "Not authenticated",
            "The request needs a key, and brings none, or one that is not valid.",
            "Send a valid key. This server does not ask for keys yet: a proxy before it may."),
    FORBIDDEN(
            403,
            "Forbidden",
            "The key that the request brings does not allow this.",
            "Use a key with the right to do it. This server does not ask for keys yet: a proxy before it may."),
    FORBIDDEN_ORIGIN(
            403,
            "Forbidden origin",
            "A web page of another origin asked a browser for a request that changes something, or for a WebSocket. Nothing was"
                    + " stored.",
            "Name the page's origin in the setting http.cors-origins, if it is to be allowed."),
    NOT_FOUND(
            404,
            "Not found",
            "Nothing has this path, or nothing has the id in it.",
            "Compare the path with the OpenAPI document, and the id with the answer that it came from. Ids belong to a"
                    + " workspace: check the Millrace-Workspace header."),
    METHOD_NOT_ALLOWED(
            405,
            "Method not allowed",
            "The path exists, but not with this method.",
            "Use a method that the Allow header of the answer lists."),
    NOT_ACCEPTABLE(
            406,
            "Not acceptable",
            "The Accept header leaves out every type that this resource has.",
            "Accept application/json, or leave the header out."),
    REQUEST_TIMEOUT(
            408,
            "Request too slow",
            "The headers or the body did not arrive in time. Nothing was stored.",
            "Send it again, in smaller pieces when the line is slow."),
    CONFLICT(
            409,
            "Conflict",
            "The request contradicts the present state of what it is about.",
            "Read the state, then decide; the detail says what stands against it."),
    IDEMPOTENCY_KEY_IN_FLIGHT(
            409,
            "Idempotency key in flight",
            "A request with the same Idempotency-Key is being accepted right now.",
            "Send the same again after as long as the Retry-After header says: it will get the answer of the first."),
    JOB_ENDED(
            409,
            "Job has ended",
            "A job can be cancelled until it has ended, and this one has.",
            "Read the job to see how it ended. What it brought into the graph stays there."),
    JOB_FOLLOWED(
            409,
            "Job is followed",
            "Another request brought the same content while this job was under way, and its job ends when and as this one"
                    + " does. To cancel this one would take that one's content away.",
            "Cancel the jobs that follow this one first: their field follows has its id."),
    POSITION_GONE(
            410,
            "Position gone",
            "The place to resume at is not in the log: what follows it has been dropped by retention, or the id comes from"
                    + " another database.",
            "Read the state anew, then begin without an id, or with after=earliest for all that is kept. What happened"
                    + " between is not told any more."),
    BODY_TOO_LARGE(
            413,
            "Body too large",
            "The body has more bytes than this server takes in one request. Nothing was stored.",
            "Split an array into several requests, or stream the documents as NDJSON."),
    COMPRESSION_RATIO_TOO_HIGH(
            413,
            "Body inflates too much",
            "The compressed body inflates to many times its size, more than texts do. Nothing of it was stored.",
            "Send such a body uncompressed."),
    LINE_TOO_LONG(
            413,
            "Line too long",
            "A line of an NDJSON stream has more bytes than this server takes for one document. The lines around it are not"
                    + " concerned.",
            "Split the document, or have the limit raised."),
    URI_TOO_LONG(
            414,
            "URI too long",
            "The request line is longer than this server reads.",
            "Ask for less at a time, for example for fewer ids."),
    UNSUPPORTED_MEDIA_TYPE(
            415,
            "Unsupported media type",
            "The Content-Type of the body is missing, or not one that this resource reads, or names another charset than UTF-8.",
            "Send application/json, or application/x-ndjson where the OpenAPI document offers it, in UTF-8."),
    UNSUPPORTED_CONTENT_ENCODING(
            415,
            "Unsupported content encoding",
            "The Content-Encoding of the body is not one that this server decodes.",
            "Send the body as it is, or in one encoding that the Accept-Encoding header of the answer lists."),
    EXPECTATION_FAILED(
            417,
            "Expectation failed",
            "The Expect header asks for something other than 100-continue.",
            "Leave the Expect header out."),
    INVALID_DOCUMENT(
            422,
            "Invalid document",
            "The body is good JSON, but breaks rules for documents. Nothing of it was stored.",
            "Correct what errors lists: each entry has a JSON pointer to the place, a code and an explanation."),
    INVALID_RECORD(
            422,
            "Invalid record or topic",
            "The body is good JSON, but breaks rules for records of a topic, or for a topic. Nothing of it was stored.",
            "Correct what errors lists: each entry has a JSON pointer to the place, a code and an explanation."),
    IDEMPOTENCY_KEY_REUSED(
            422,
            "Idempotency key reused",
            "The Idempotency-Key was used before for another request: with other documents, another number or order of them, or"
                    + " as an array where this is none. Nothing was stored.",
            "Use a new key for a new request, and the same key only to send the same request again."),
    UPGRADE_REQUIRED(
            426,
            "Upgrade required",
            "The resource is a WebSocket, and the request asks for none.",
            "Open it with a WebSocket client, or use the resource that the detail names."),
    OVERLOADED(
            429,
            "Too much at once",
            "A bound of the whole server is reached, such as on documents that are accepted and not finished. Nothing was stored.",
            "Wait as long as the Retry-After header says, then send the same again."),
    QUOTA_EXCEEDED(
            429,
            "Workspace's quota used up",
            "The workspace has as many documents, or bytes of them, that are accepted and not finished as it may have. Other"
                    + " workspaces are not concerned. Nothing was stored.",
            "Wait as long as the Retry-After header says, then send the same again. The quota is in the settings"
                    + " ingest.max-open-per-workspace and ingest.max-open-bytes-per-workspace."),
    HEADERS_TOO_LARGE(
            431,
            "Headers too large",
            "The headers of the request have more bytes than this server reads.",
            "Send fewer or shorter headers; cookies are the usual reason, and are not needed here."),
    INTERNAL_ERROR(
            500,
            "Internal error",
            "Something failed that should not. It is unknown whether the request took effect.",
            "Posting documents again is safe. Report the id in instance: the log has the error under it."),
    UNAVAILABLE(
            503,
            "Unavailable",
            "Something that the request needs is not there, such as the database. Nothing was stored.",
            "Wait as long as the Retry-After header says, then send the same again. /health/detailed says what is missing."),
    TOO_MANY_CONNECTIONS(
            503,
            "Too many connections",
            "This server has as many connections open as it takes. The request was not looked at.",
            "Wait as long as the Retry-After header says. Use few connections and keep them open, one request after the other."),
    OUTCOME_UNKNOWN(
            504,
            "Outcome unknown",
            "The answer of the database did not come in time, so that it is unknown whether the request took effect.",
            "Posting documents again is safe: what has already been stored is recognised.");

    private final int status;
    private final String title;
    private final String cause;
    private final String remedy;

    ProblemType(int status, String title, String cause, String remedy) {
        this.status = status;
        this.title = title;
        this.cause = cause;
        this.remedy = remedy;
    }

    /** The last segment of its URI, {@code /problems/<code>}. */
    String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }

    String cause() {
        return cause;
    }

    String remedy() {
        return remedy;
    }

    String uri() {
        return "/problems/" + code();
    }

    static Optional<ProblemType> of(String code) {
        return Arrays.stream(values()).filter(type -> type.code().equals(code)).findFirst();
    }
}
