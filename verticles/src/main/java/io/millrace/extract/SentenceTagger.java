package io.millrace.extract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import opennlp.tools.postag.POSModel;
import opennlp.tools.postag.ThreadSafePOSTaggerME;
import opennlp.tools.sentdetect.SentenceModel;
import opennlp.tools.sentdetect.ThreadSafeSentenceDetectorME;
import opennlp.tools.util.Span;

/**
 * Cuts a text into sentences of tagged tokens with OpenNLP's English models, which lie in the jars that they come in.
 * Safe for several threads: the models are shared, the state of a call is each thread's own.
 */
final class SentenceTagger {
    /** Part of the extractor's configuration id: other models tag differently. */
    static final String MODELS = "en-ud-ewt-1.3";

    private static final String SENTENCE_MODEL = "/opennlp-en-ud-ewt-sentence-1.3-2.5.4.bin";
    private static final String PART_OF_SPEECH_MODEL = "/opennlp-en-ud-ewt-pos-1.3-2.5.4.bin";

    /** The tagger keeps three candidate sequences and copies them token by token, so a long "sentence" costs its square. */
    private static final int MAX_TAGGED_TOKENS = 300;

    /**
     * The sentence model looks from each full stop back to the last white space, so a long run without any costs its
     * square (100,000 dots: 10^10 steps). Nothing longer than this is shown to it.
     */
    private static final int MAX_UNBROKEN_CHARS = 400;

    /**
     * A blank line, or a line end before a heading, a list item or a table row. The line end is atomic: else {@code \R}
     * gives back the second half of a CR LF, which then looks like the next line's end.
     */
    private static final Pattern PARAGRAPH_END = Pattern.compile(
            "(?>\\R)(?=[ \\t]*+\\R)|(?>\\R)(?=[ \\t]*+(?:#{1,6}[ \\t]|[-*+•][ \\t]|\\||\\d{1,3}[.)][ \\t]))");

    private static final Pattern HEADING = Pattern.compile("[ \\t]*+#{1,6}[ \\t][^\\r\\n]*+");

    private static final Pattern UNBROKEN = Pattern.compile("\\S{" + MAX_UNBROKEN_CHARS + ",}+");

    /** The model was trained on text from the web and often ends a sentence behind a title or an initial. */
    private static final Pattern TITLE_OR_INITIAL_THEN_NAME = Pattern.compile(
            "(?:^|[\\s\\p{Z}\\p{Cf}(])(?:Dr|Mr|Mrs|Ms|Prof|St|Mt|Ft|Gen|Col|Lt|Sgt|Capt|Maj|Adm|Rev|Hon|Gov|Sen|Rep|\\p{Lu})\\.$");

    private static final Pattern ABBREVIATION = Pattern.compile(
            "(?:^|[\\s\\p{Z}\\p{Cf}(])(?:Inc|Ltd|Co|Corp|Jr|Sr|No|vs|cf|ca|Vol|Fig|al|etc|(?:\\p{L}\\.){1,4}\\p{L})\\.$");

    private static final Pattern CAPITAL_AHEAD =
            Pattern.compile("[\\t\\p{Zs}\\p{Cf}]*+\\R?+[\\t\\p{Zs}\\p{Cf}]*+\\p{Lu}");
    private static final Pattern LOWER_OR_DIGIT_AHEAD =
            Pattern.compile("[\\t\\p{Zs}\\p{Cf}]*+\\R?+[\\t\\p{Zs}\\p{Cf}]*+[\\p{Ll}\\p{N}]");

    private final Tokenizer tokenizer = new Tokenizer();
    private final ThreadSafeSentenceDetectorME sentenceDetector;
    private final ThreadSafePOSTaggerME tagger;

    SentenceTagger() {
        try {
            sentenceDetector = new ThreadSafeSentenceDetectorME(loadSentenceModel());
            tagger = new ThreadSafePOSTaggerME(loadPartOfSpeechModel());
        } catch (IOException e) {
            throw new UncheckedIOException("a model's jar is damaged", e);
        }
    }

    private static SentenceModel loadSentenceModel() throws IOException {
        try (var bytes = SentenceTagger.class.getResourceAsStream(SENTENCE_MODEL)) {
            if (bytes == null) {
                throw new IOException("not on the class path: " + SENTENCE_MODEL);
            }
            return new SentenceModel(bytes);
        }
    }

    private static POSModel loadPartOfSpeechModel() throws IOException {
        try (var bytes = SentenceTagger.class.getResourceAsStream(PART_OF_SPEECH_MODEL)) {
            if (bytes == null) {
                throw new IOException("not on the class path: " + PART_OF_SPEECH_MODEL);
            }
            return new POSModel(bytes);
        }
    }

    /** The text's sentences in order. Each token of the text is in exactly one. */
    List<Sentence> read(String text) {
        var sentences = new ArrayList<Sentence>();
        for (var span : sentenceSpans(text)) {
            var tokens = tokenizer.tokenize(text, span.getStart(), span.getEnd());
            for (var from = 0; from < tokens.size(); from += MAX_TAGGED_TOKENS) {
                sentences.add(tag(tokens.subList(from, Math.min(tokens.size(), from + MAX_TAGGED_TOKENS))));
            }
        }
        return sentences;
    }

    private Sentence tag(List<Token> tokens) {
        var texts = tokens.stream().map(Token::text).toArray(String[]::new);
        var words = tokens.stream()
                .map(token -> token.text().replace('\u2019', '\'').toLowerCase(Locale.ROOT))
                .toList();
        return new Sentence(tokens, List.of(tagger.tag(texts)), words);
    }

    private List<Span> sentenceSpans(String text) {
        var spans = new ArrayList<Span>();
        for (var paragraph : split(text, new Span(0, text.length()), PARAGRAPH_END)) {
            for (var section : headingApart(text, paragraph)) {
                for (var piece : unbrokenApart(text, section)) {
                    addSentences(spans, text, piece);
                }
            }
        }
        return spans;
    }

    private static List<Span> split(String text, Span within, Pattern border) {
        var parts = new ArrayList<Span>();
        var matcher = border.matcher(text).region(within.getStart(), within.getEnd());
        var start = within.getStart();
        while (matcher.find()) {
            parts.add(new Span(start, matcher.end()));
            start = matcher.end();
        }
        parts.add(new Span(start, within.getEnd()));
        return parts;
    }

    /** A Markdown heading ends with its line, with or without a full stop. */
    private static List<Span> headingApart(String text, Span paragraph) {
        var matcher = HEADING.matcher(text).region(paragraph.getStart(), paragraph.getEnd());
        if (!matcher.lookingAt()) {
            return List.of(paragraph);
        }
        return List.of(new Span(paragraph.getStart(), matcher.end()), new Span(matcher.end(), paragraph.getEnd()));
    }

    private static List<Span> unbrokenApart(String text, Span section) {
        var pieces = new ArrayList<Span>();
        var matcher = UNBROKEN.matcher(text).region(section.getStart(), section.getEnd());
        var start = section.getStart();
        while (matcher.find()) {
            pieces.add(new Span(start, matcher.start()));
            pieces.add(new Span(matcher.start(), matcher.end()));
            start = matcher.end();
        }
        pieces.add(new Span(start, section.getEnd()));
        return pieces;
    }

    private void addSentences(List<Span> spans, String text, Span piece) {
        if (text.substring(piece.getStart(), piece.getEnd()).isBlank()) {
            return;
        }
        if (UNBROKEN.matcher(text).region(piece.getStart(), piece.getEnd()).matches()) {
            spans.add(piece);
            return;
        }
        var start = piece.getStart();
        for (var span : sentenceDetector.sentPosDetect(text.substring(piece.getStart(), piece.getEnd()))) {
            var end = piece.getStart() + span.getEnd();
            if (!endsInAbbreviation(text, start, end, piece.getEnd())) {
                spans.add(new Span(start, end));
                start = end;
            }
        }
        if (!text.substring(start, piece.getEnd()).isBlank()) {
            spans.add(new Span(start, piece.getEnd()));
        }
    }

    private static boolean endsInAbbreviation(String text, int start, int end, int limit) {
        // The longest of them has nine characters, so the sentence's tail is enough to look at.
        var tail = text.substring(Math.max(start, end - 12), end);
        var ahead = TITLE_OR_INITIAL_THEN_NAME.matcher(tail).find()
                ? CAPITAL_AHEAD
                : ABBREVIATION.matcher(tail).find() ? LOWER_OR_DIGIT_AHEAD : null;
        return ahead != null && ahead.matcher(text).region(end, limit).lookingAt();
    }
}
