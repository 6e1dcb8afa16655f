package io.millrace.chunk;

import io.millrace.ingest.ContentType;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;
import org.jsoup.parser.StreamParser;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;

/**
 * The text that a reader of a document sees, which is what gets cut into chunks.
 *
 * <p>Plain text and Markdown are that text already. Of HTML, blocks become paragraphs with a blank line between, list items and
 * table rows lines, table cells are parted by a tab, and white space outside {@code pre} is folded as a browser folds
 * it. Neither parsing nor walking recurses, and the parser flattens what is nested more than 512 deep (without that
 * limit, 100,000 nested elements took it 14 s instead of 0.4), so the depth of a page is no danger.
 */
final class PlainText {

    /** Elements whose text nobody sees, or which hold markup as text because a browser puts something else there. */
    private static final Set<String> LEFT_OUT =
            Set.of("script", "style", "noscript", "template", "head", "title", "iframe", "noembed", "noframes");

    private static final Set<String> PARAGRAPHS = Set.of(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "center",
            "details",
            "dialog",
            "dir",
            "div",
            "dl",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hgroup",
            "hr",
            "legend",
            "listing",
            "main",
            "menu",
            "nav",
            "ol",
            "p",
            "plaintext",
            "pre",
            "search",
            "section",
            "summary",
            "table",
            "textarea",
            "ul",
            "xmp");

    private static final Set<String> LINES = Set.of("caption", "dd", "dt", "li", "optgroup", "option", "tr");

    private static final Set<String> CELLS = Set.of("td", "th");

    private static final Set<String> PREFORMATTED = Set.of("listing", "plaintext", "pre", "textarea", "xmp");

    /** The title goes with every chunk, so that its length counts with the square of the document's. */
    private static final int MAX_TITLE_CODE_POINTS = 1_000;

    /**
     * What opens or closes a fenced code block, as CommonMark has it: three or more backticks or tildes, and behind backticks
     * no further ones, which would make it code within a line.
     */
    private static final Pattern FENCE = Pattern.compile(" {0,3}+(`{3,}+(?=[^`]*+\\z)|~{3,}+)(.*+)", Pattern.DOTALL);

    /** By code points, so that a pair is none. */
    private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

    private PlainText() {}

    static String of(String content, ContentType type) {
        return switch (type) {
            case PLAIN, MARKDOWN -> content;
            case HTML -> ofHtml(withoutByteOrderMark(content));
        };
    }

    /**
     * What the document calls itself: the title of a page, cut to {@value #MAX_TITLE_CODE_POINTS} code points, or the first
     * top heading of a Markdown text. A longer heading is none, but a paragraph.
     */
    static Optional<String> title(String content, ContentType type) {
        return switch (type) {
            case PLAIN -> Optional.empty();
            case MARKDOWN -> titleOfMarkdown(withoutByteOrderMark(content));
            case HTML -> titleOfHtml(withoutByteOrderMark(content));
        };
    }

    /** Editors put one first; it would hide a heading, and end a page's head before it began. */
    private static String withoutByteOrderMark(String content) {
        return content.startsWith("\uFEFF") ? content.substring(1) : content;
    }

    private static String ofHtml(String html) {
        var text = new VisibleText();
        NodeTraversor.filter(text, Jsoup.parse(html));
        return withoutLoneSurrogates(text.toString());
    }

    /** A page can name them by number, but they have no UTF-8: the driver would quietly write {@code ?} for each. */
    private static String withoutLoneSurrogates(String text) {
        return LONE_SURROGATE.matcher(text).replaceAll("\uFFFD");
    }

    private static Optional<String> titleOfMarkdown(String markdown) {
        var fence = "";
        for (var lines = markdown.lines().iterator(); lines.hasNext(); ) {
            var line = lines.next();
            var marks = FENCE.matcher(line);
            if (!fence.isEmpty()) {
                fence = marks.matches() && closes(marks, fence) ? "" : fence;
            } else if (marks.matches()) {
                fence = marks.group(1);
            } else if (line.startsWith("# ")) {
                var title = line.substring(2).strip();
                if (!title.isEmpty() && !isTooLong(title)) {
                    return Optional.of(title);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean closes(Matcher marks, String fence) {
        return marks.group(1).startsWith(fence) && marks.group(2).isBlank();
    }

    private static boolean isTooLong(String title) {
        return title.codePointCount(0, title.length()) > MAX_TITLE_CODE_POINTS;
    }

    /** Reads no further than the head; titles elsewhere belong to pictures. */
    private static Optional<String> titleOfHtml(String html) {
        try (var parser = new StreamParser(Parser.htmlParser()).parse(html, "")) {
            return parser.stream()
                    .filter(element -> element.nameIs("head"))
                    .findFirst()
                    .map(head -> head.getElementsByTag("title").text())
                    .map(title -> title.strip().replaceAll("\\s+", " "))
                    .map(PlainText::withoutLoneSurrogates)
                    .map(PlainText::cut)
                    .filter(title -> !title.isEmpty());
        }
    }

    private static String cut(String title) {
        return isTooLong(title)
                ? title.substring(0, title.offsetByCodePoints(0, MAX_TITLE_CODE_POINTS))
                        .strip()
                : title;
    }

    /** Collects text in document order; what parts two texts is settled when the second comes. */
    private static final class VisibleText implements NodeFilter {

        private final StringBuilder text = new StringBuilder();
        private Gap gap = Gap.NONE;
        private int preformattedDepth;

        @Override
        public FilterResult head(Node node, int depth) {
            switch (node) {
                case Element element
                when LEFT_OUT.contains(element.normalName()) -> {
                    return FilterResult.SKIP_ENTIRELY;
                }
                case Element element -> begin(element.normalName());
                case TextNode textNode when preformattedDepth > 0 -> appendAsItIs(textNode.getWholeText());
                case TextNode textNode -> appendFolded(textNode.getWholeText());
                default -> {}
            }
            return FilterResult.CONTINUE;
        }

        @Override
        public FilterResult tail(Node node, int depth) {
            if (node instanceof Element element) {
                end(element.normalName());
            }
            return FilterResult.CONTINUE;
        }

        private void begin(String name) {
            if (name.equals("br")) {
                widen(gap == Gap.LINE || gap == Gap.PARAGRAPH ? Gap.PARAGRAPH : Gap.LINE);
            } else {
                widen(gapAround(name));
            }
            if (PREFORMATTED.contains(name)) {
                preformattedDepth++;
            }
        }

        private void end(String name) {
            if (PREFORMATTED.contains(name)) {
                preformattedDepth--;
            }
            widen(gapAround(name));
        }

        private static Gap gapAround(String name) {
            if (PARAGRAPHS.contains(name)) {
                return Gap.PARAGRAPH;
            }
            if (LINES.contains(name)) {
                return Gap.LINE;
            }
            return CELLS.contains(name) ? Gap.CELL : Gap.NONE;
        }

        private void widen(Gap wider) {
            if (wider.compareTo(gap) > 0) {
                gap = wider;
            }
        }

        private void appendFolded(String added) {
            for (int i = 0; i < added.length(); i++) {
                char c = added.charAt(i);
                if (isSpace(c)) {
                    widen(Gap.SPACE);
                } else if (!isInvisible(c)) {
                    closeGap();
                    text.append(c);
                }
            }
        }

        private void appendAsItIs(String added) {
            if (!added.isEmpty()) {
                closeGap();
                text.append(added);
            }
        }

        private void closeGap() {
            if (!text.isEmpty()) {
                text.append(gap.separator);
            }
            gap = Gap.NONE;
        }

        /** What a browser folds, and the space that forbids a line break, which in a page is layout. */
        private static boolean isSpace(char c) {
            return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\u00a0';
        }

        /** Soft hyphens and zero-width spaces say where a word may be broken, and would break it for good. */
        private static boolean isInvisible(char c) {
            return c == '\u00ad' || c == '\u200b';
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    /** What stands between two texts, from the narrowest to the widest. */
    private enum Gap {
        NONE(""),
        SPACE(" "),
        CELL("\t"),
        LINE("\n"),
        PARAGRAPH("\n\n");

        private final String separator;

        Gap(String separator) {
            this.separator = separator;
        }
    }
}
