package io.millrace.example;

import io.millrace.stream.Batch;
import io.millrace.stream.ConsumerRecord;
import io.millrace.stream.Effects;
import io.millrace.stream.Processor;
import io.millrace.stream.ProcessorPlugin;
import io.millrace.stream.ProducerRecord;
import io.millrace.stream.Subscription;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlClient;
import java.util.List;
import java.util.Locale;

/** A user's own processor: reads lines from the topic {@code lines} and writes them in capitals to {@code shouts}. */
public final class Shouting implements ProcessorPlugin {

    @Override
    public List<Subscription> subscriptions() {
        return List.of(new Subscription("shouting", "lines", partition -> new Shouter()));
    }

    /** Needs nothing from the database, so {@code load} gives nothing worth having. */
    private static final class Shouter implements Processor<Boolean> {

        @Override
        public Boolean load(Batch batch, SqlClient database) {
            return true;
        }

        @Override
        public Effects decide(Batch batch, Boolean nothing) {
            var shouts = batch.records().stream().map(Shouter::shout).toList();
            return Effects.builder().append("shouts", shouts).build();
        }

        private static ProducerRecord shout(ConsumerRecord line) {
            var text = line.requiredValue().toString().toUpperCase(Locale.ROOT);
            return new ProducerRecord(line.key(), Buffer.buffer(text));
        }
    }
}
