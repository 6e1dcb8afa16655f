package io.millrace.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.ingest.ContentType;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class PlainTextTest {

    @Example
    void plainTextAndMarkdownStayAsTheyAre() {
        String text = " <b>one</b>\r\n\n# two &amp; ";

        assertThat(PlainText.of(text, ContentType.PLAIN)).isSameAs(text);
        assertThat(PlainText.of(text, ContentType.MARKDOWN)).isSameAs(text);
    }

    @Example
    void blocksAreParagraphs() {
        assertThat(html("<h1>A</h1><div>b<p>c<b>d</b></div>e<section><div><div>f"))
                .isEqualTo("A\n\nb\n\ncd\n\ne\n\nf");
    }

    @Example
    void listItemsAndTableRowsAreLines() {
        assertThat(html("<p>a<ul><li>b<li>c <i>d</i></ul>e")).isEqualTo("a\n\nb\nc d\n\ne");
        assertThat(html("<table><tr><th>a<th>b<tr><td>c<td>d</table>")).isEqualTo("a\tb\nc\td");
    }

    @Example
    void lineBreaksBreakLinesAndTwoMakeAParagraph() {
        assertThat(html("a<br>b<br/>\n<br>c")).isEqualTo("a\nb\n\nc");
    }

    @Example
    void spaceIsFoldedOutsidePreOnly() {
        assertThat(html("  a \n\t b&nbsp;&nbsp;c <pre>\n d\n   e\n\nf</pre> g "))
                .isEqualTo("a b c\n\n d\n   e\n\nf\n\ng");
    }

    @Example
    void aWordAcrossInlineElementsStaysWhole() {
        assertThat(html("<b>Mill</b><i>race</i>, <a href=x>a</a>&shy;b<span>c </span>d"))
                .isEqualTo("Millrace, abc d");
    }

    @Example
    void whatNobodySeesIsLeftOut() {
        assertThat(html("<head><title>t</title><style>s</style></head>a<script>b</script><style>c</style>"
                        + "<noscript><p>d</noscript><template>e</template><!-- f --><iframe>g</iframe>h"))
                .isEqualTo("ah");
    }

    @Example
    void entitiesAreDecoded() {
        assertThat(html("Caf&eacute; &lt;b&gt; &#x1F600; &amp;amp; AT&T")).isEqualTo("Café <b> 😀 &amp; AT&T");
    }

    @Example
    void aTitleIsReadFromWhereTheTypePutsIt() {
        assertThat(PlainText.title("<html><head><title> A &amp;\n B</title></head><p>c", ContentType.HTML))
                .contains("A & B");
        assertThat(PlainText.title("<title> </title><p>c", ContentType.HTML)).isEmpty();
        assertThat(PlainText.title("<p>c<svg><title>d</title></svg>", ContentType.HTML))
                .isEmpty();
        assertThat(PlainText.title("intro\n# A heading \ntext\n# Another", ContentType.MARKDOWN))
                .contains("A heading");
        assertThat(PlainText.title("# A heading", ContentType.PLAIN)).isEmpty();
    }

    @Example
    void aTitleHasAtMostAThousandCharacters() {
        String fitting = "😀".repeat(1_000);

        assertThat(PlainText.title("# " + fitting, ContentType.MARKDOWN)).contains(fitting);
        assertThat(PlainText.title("# " + fitting + "a", ContentType.MARKDOWN)).isEmpty();
        assertThat(PlainText.title("# " + fitting + "a\n# A heading", ContentType.MARKDOWN))
                .contains("A heading");
        assertThat(PlainText.title("<title>" + fitting + "</title>", ContentType.HTML))
                .contains(fitting);
        assertThat(PlainText.title("<title>" + fitting + "a</title>", ContentType.HTML))
                .contains(fitting);
        assertThat(PlainText.title("<title>" + "a".repeat(999) + " b</title>", ContentType.HTML))
                .contains("a".repeat(999));
    }

    /** The driver would write half a character as a question mark. */
    @Example
    void halfACharacterIsReplaced() {
        assertThat(html("a&#xD800;b &#xDC00;<pre>&#xD800;</pre>")).isEqualTo("a\uFFFDb \uFFFD\n\n\uFFFD");
        assertThat(html("&#xD83D;&#xDE00; 😀")).isEqualTo("😀 😀");
        assertThat(PlainText.title("<title>a&#xD800;b 😀</title>", ContentType.HTML))
                .contains("a\uFFFDb 😀");
    }

    @Example
    void aByteOrderMarkHidesNoTitle() {
        assertThat(PlainText.title("\uFEFF# A heading", ContentType.MARKDOWN)).contains("A heading");
        assertThat(PlainText.title("\uFEFF<title>A</title><p>b", ContentType.HTML))
                .contains("A");
        assertThat(html("\uFEFF<title>A</title><p>b")).isEqualTo("b");
    }

    @Example
    void aCommentInAFencedCodeBlockIsNoTitle() {
        assertThat(PlainText.title("```sh\n# a\n```\n# A heading", ContentType.MARKDOWN))
                .contains("A heading");
        assertThat(PlainText.title("~~~\r\n# a\r\n```\r\n# b\r\n~~~~ \r\n# A heading", ContentType.MARKDOWN))
                .contains("A heading");
        assertThat(PlainText.title("  ````\n```\n# a\n```` no end\n# b\n   `````\n# A heading", ContentType.MARKDOWN))
                .contains("A heading");
        assertThat(PlainText.title("```\n# a", ContentType.MARKDOWN)).isEmpty();
        assertThat(PlainText.title("```code``` in a line\n    ```\n# A heading", ContentType.MARKDOWN))
                .contains("A heading");
    }

    @Example
    void depthIsNoDangerAndLosesNoText() {
        int depth = 100_000;

        assertThat(html("<div>x".repeat(depth)).replaceAll("\\s", "")).hasSize(depth);
        assertThat(html("<b>x".repeat(depth / 10)).replaceAll("\\s", "")).hasSize(depth / 10);
    }

    @Property(tries = 300)
    void noWordIsLostOrMovedWhateverTheMarkup(@ForAll @Size(max = 60) List<@From("markup") String> markup) {
        assertThat(words(html(numbered(markup)))).isEqualTo(words(numbered(Collections.nCopies(markup.size(), ""))));
    }

    /** What is wrongly nested in a table stands before it in a browser too. */
    @Property(tries = 300)
    void noWordIsLostInTables(@ForAll @Size(max = 60) List<@From("tables") String> markup) {
        assertThat(words(html(numbered(markup))))
                .containsExactlyInAnyOrderElementsOf(words(numbered(Collections.nCopies(markup.size(), ""))));
    }

    @Provide
    Arbitrary<String> markup() {
        return tags(
                "<p> </p> <div> </div> <b> </b> <i> </i> <ul> <li> </li> </ul> <pre> </pre> <br> <hr> <h1> </h1> <a> "
                        + "</a> <span> </span> <section> <form> <!----> <nosuch> </nosuch> <textarea></textarea> <img> <button> "
                        + "</button> <svg></svg> <em> </x/y> <dl> <dt> <dd>");
    }

    @Provide
    Arbitrary<String> tables() {
        return tags(
                "<table> <tr> <td> </td> </tr> </table> <th> <caption> </caption> <tbody> <p> <b> </b> <div> </div>");
    }

    private static Arbitrary<String> tags(String tags) {
        return Arbitraries.of(tags.split(" "));
    }

    private static String numbered(List<String> markup) {
        return IntStream.range(0, markup.size())
                .mapToObj(i -> markup.get(i) + " w" + i + " ")
                .collect(Collectors.joining());
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+"));
    }

    private static String html(String html) {
        return PlainText.of(html, ContentType.HTML);
    }
}
