package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class XmlTextTest {

    @Property(tries = 300)
    void whatXmlCanHoldComesBackAsItWas(@ForAll String text) throws Exception {
        var held = text.codePoints()
                .filter(c -> c != 0xfffd)
                .filter(c -> new XmlText(false).escaped(Character.toString(c)).indexOf('\uFFFD') < 0)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        for (var asciiOnly : List.of(true, false)) {
            var xml = new XmlText(asciiOnly);
            var reader = XMLInputFactory.newInstance()
                    .createXMLStreamReader(
                            new StringReader("<a b=\"" + xml.escaped(held) + "\">" + xml.escaped(held) + "</a>"));
            reader.nextTag();
            assertThat(reader.getAttributeValue(0)).isEqualTo(held);
            assertThat(reader.getElementText()).isEqualTo(held);
            assertThat(xml.replaced()).isZero();
        }
    }

    @Example
    void whatXmlCannotHoldIsReplacedAndCounted() {
        var xml = new XmlText(false);

        assertThat(xml.escaped("a\u0000b\u000bc\uffffd\ud800e")).isEqualTo("a\ufffdb\ufffdc\ufffdd\ufffde");
        assertThat(xml.replaced()).isEqualTo(4);
    }
}
